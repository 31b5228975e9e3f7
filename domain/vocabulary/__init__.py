"""Lists kept by others: countries, currencies, technology fields, ministries, regions, and what centres are and do.
Data with a version, one file per list.

A code once listed stays listed: what was recorded decodes for ever. A withdrawn code has the day from which it is no
longer accepted (`until`), and what to write instead. `verified` says whether the list itself was checked against its
source; an unverified list is used all the same, until a newer file replaces it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec

HERE = Path(__file__).parent


class Term(msgspec.Struct, frozen=True, kw_only=True):
    """A code and its names; it is taken from the day `since` to the day before `until`, both open where absent.

    Of a region, `countries` are those that are counted to it, `also` those that may be taken for its own too.
    """

    code: str
    ko: str | None = None
    en: str | None = None
    since: date | None = None
    until: date | None = None
    instead: str | None = None
    countries: str = ""
    also: str = ""


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """A list by its name and version. A code may have several terms, one after the other."""

    name: str
    version: str
    verified: bool
    controlled: bool
    depth: int | None
    terms: tuple[Term, ...]
    codes: frozenset[str]

    def find(self, code: str) -> Term | None:
        """The newest term of a code; of a list with `depth`, that of the class it begins with."""
        code = code[: self.depth]
        return next((term for term in reversed(self.terms) if term.code == code), None)


def load(name: str) -> Vocabulary:
    """Reads `NAME.tsv`: header lines `# key: value`, a line of column names, a line for each term."""
    head: dict[str, str] = {}
    lines: list[list[str]] = []
    for line in (HERE / f"{name}.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            key, _, value = line[2:].partition(": ")
            head[key] = value
        else:
            lines.append(line.split("\t"))
    columns, *rows = lines
    terms = [
        msgspec.convert({key: cell for key, cell in zip(columns, row, strict=False) if cell}, Term, strict=False)
        for row in rows
    ]
    return Vocabulary(
        name=head["list"],
        version=head["version"],
        verified=head.get("verified", "yes") == "yes",
        controlled=head.get("controlled") == "yes",
        depth=int(head["depth"]) if "depth" in head else None,
        terms=tuple(terms),
        codes=frozenset(term.code for term in terms),
    )


COUNTRIES = load("countries")
CURRENCIES = load("currencies")
MINISTRIES = load("ministries")
COOP_TYPES = load("coop_types")
REGIONS = load("regions")
CENTRE_KINDS, LINK_KINDS, ACTIVITY_KINDS = load("centre_kinds"), load("link_kinds"), load("activity_kinds")
SCHEMES = {scheme.name: scheme for scheme in map(load, ("nst12", "cn17", "kstc"))}
"""Technology schemes (기술분류체계) by name: a field is `NST12/AI`."""

COUNTRIES_OF_REGIONS = {it.code: tuple(f"{it.countries} {it.also}".split()) for it in REGIONS.terms}
"""The countries that a hub of a region (권역) may be in. A country that no region has is never the wrong one."""
REGIONS_OF_COUNTRIES = {country: it.code for it in REGIONS.terms for country in it.countries.split()}
"""The region of each country."""


def ministry(code: str, on: date) -> Term | None:
    """The ministry (소관부처) as it was called on a day; None for a code that the list does not have."""
    named = [term for term in MINISTRIES.terms if term.code == code and (term.since is None or term.since <= on)]
    return named[-1] if named else MINISTRIES.find(code)
