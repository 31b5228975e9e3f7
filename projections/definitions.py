"""Indicators and irregularities as their SQL files define them.

An indicator is a query of the entries that contribute (`position, hub, occurred_at, field, country, amount`,
and `period` where the header says that it has its own) and an aggregate over them. A ratio of sums has a second
amount, `against`; what counts once in every slice has a `key`. An amount that cannot be told (no rate on that day,
no calendar) is NULL, and the figure says how many are.

Each version of an indicator is a file, `indicators/hd_04/2.sql`, and stays when a newer one comes. In the mirror the
newest is the view `indicator.hd_04`, an older one `indicator.hd_04_v1`; each irregularity is
`irregularity.case_resolved_again`, all of them together `irregularities`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

HERE = Path(__file__).parent


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a figure: names, unit, how the amounts are put together, and the query of its evidence.

    `persons` when persons stand behind it: what leaves the house goes through `projections.disclosure`.
    `formula` is the SHA-256 digest of its file.
    """

    code: str
    version: int
    class_: str = msgspec.field(name="class")
    ko: str
    en: str
    unit: str
    aggregate: str
    counts: str
    own_period: bool
    persons: bool
    formula: str
    sql: str

    @property
    def view(self) -> str:
        newest = INDICATORS[self.code].version == self.version
        return f"indicator.{self.column}" if newest else f"indicator.{self.column}_v{self.version}"

    def uses(self, column: str) -> bool:
        """Whether its evidence has this column beside those that all have."""
        return re.search(rf"\b{column}\b", self.aggregate) is not None

    @property
    def column(self) -> str:
        """Its name among columns: `HD-01` is `hd_01`."""
        return self.code.lower().replace("-", "_")


class Irregularity(msgspec.Struct, frozen=True, kw_only=True):
    """Entries that a rule is against, by its code; `rule` names the source."""

    code: str
    version: int
    ko: str
    en: str
    rule: str
    sql: str

    @property
    def view(self) -> str:
        return f"irregularity.{self.code.replace('.', '_')}"


def _files(pattern: str) -> Iterator[tuple[dict[str, str], str, str]]:
    """Header, query and digest of each SQL file, by name."""
    for path in sorted(HERE.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        query = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        yield _header(text), query, hashlib.sha256(text.encode()).hexdigest()


def _header(text: str) -> dict[str, str]:
    """`-- key: value    key: value`; a key begins its line or stands after two spaces, other lines go on."""
    header: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        pairs = re.findall(
            r"(?:^|\s{2,})([a-z]+): +(.+?)(?=\s{2,}[a-z]+: |$)", line[2:].lstrip() if ":" in line else ""
        )
        if pairs:
            header |= dict(pairs)
            last = pairs[-1][0]
        elif last:
            header[last] += " " + line[2:].strip()
    return header


VERSIONS: dict[tuple[str, int], Indicator] = {
    (it["code"], int(it["version"])): Indicator(
        code=it["code"],
        version=int(it["version"]),
        class_=it["class"],
        ko=it["ko"],
        en=it["en"],
        unit=it["unit"],
        aggregate=it["aggregate"],
        counts=it["counts"],
        own_period="period" in it,
        persons=it.get("persons") == "yes",
        formula=formula,
        sql=sql,
    )
    for it, sql, formula in _files("indicators/*/*.sql")
}
"""Every version of every indicator, by code and number: an edition is reproduced with those it was made with."""

INDICATORS: dict[str, Indicator] = {
    code: VERSIONS[code, max(number for other, number in VERSIONS if other == code)] for code, _ in VERSIONS
}
"""The newest version of every indicator, by its code."""

IRREGULARITIES: dict[str, Irregularity] = {
    it["code"]: Irregularity(
        code=it["code"], version=int(it["version"]), ko=it["ko"], en=it["en"], rule=it["rule"], sql=sql
    )
    for it, sql, _ in _files("irregularities/*.sql")
}
"""Every irregularity by its code."""
