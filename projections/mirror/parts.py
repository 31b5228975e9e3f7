"""Which tables of figures split into independent parts, for late entries and for settling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from domain.registry import FACTS
from projections.definitions import Indicator
from projections.mirror.shared_sql import name_of


class Parts(NamedTuple):
    """How evidence splits into independent parts: the kinds of stream whose facts make it (`entry` for any kind), and
    the columns, by table, that join streams into one part (where the key is not NULL); without any, each stream is a
    part.

    Each fact of the tables `apart` is treated as a stream of its own (`own_stream`); other facts of their kinds make no
    evidence. All parts refer to facts of the types `common`, about the centres that the query `whom` finds.
    """

    kinds: tuple[str, ...]
    joined_by: tuple[tuple[str, str, str], ...] = ()
    apart: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    whom: str = ""

    @property
    def shared(self) -> tuple[str, ...]:
        """Queries for the names that join streams: `stream, name`, possibly repeated."""
        return tuple(
            f"SELECT {self.stream_of(table)} AS stream, {key} AS name FROM record.{table} "
            f"WHERE {column} IS NOT NULL AND {key} IS NOT NULL"
            for table, column, key in self.joined_by
        )

    @property
    def kinds_apart(self) -> frozenset[str]:
        """The kinds whose facts are each a stream of their own."""
        return frozenset(table.partition("_")[0] for table in self.apart)

    def stream_of(self, table: str, of: str = "") -> str:
        """The stream of a fact of a table, as SQL; `of` is a prefix for the names of columns."""
        return own_stream(f"{of}stream", f"{of}position") if table in self.apart else f"{of}stream"

    def makes_rows(self, table: str) -> bool:
        """Whether facts of a table of these kinds make evidence."""
        return table in self.apart or table.partition("_")[0] not in self.kinds_apart

    def have(self, tag: str) -> bool:
        """Whether facts of a type make rows of their own parts; facts of other types are referred to."""
        return self.of_kinds((tag.partition(".")[0],))

    def of_kinds(self, kinds: Iterable[str]) -> bool:
        """Whether streams of one of these kinds are in parts."""
        return any(kind in self.kinds or (self == ENTRIES and kind in FACTS) for kind in kinds)


def own_stream(stream: str, position: str) -> str:
    """The name of a fact as a stream of its own, as SQL."""
    return f"concat({stream}, '#', {position})"


ENTRIES = Parts(("entry",))
"""Entries of the world, of any kind."""

_IDENTITY = "lower(regexp_replace(pid, '^(https?://(dx\\.)?doi\\.org/|doi:)', ''))"
_MERGED = "concat('case:', split_part(\"into\", ':', -1))"
_PROJECT = "concat('project:', split_part(project, ':', -1))"

_CASES = Parts(("case",))
_MERGED_CASES = Parts(("case",), (("case_merged", '"into"', _MERGED),))
_DEALS = Parts(
    ("expansion",),
    (
        ("expansion_contract_signed", "contract_ref", "concat('contract:', contract_ref)"),
        ("expansion_investment_secured", "investment_ref", "concat('investment:', investment_ref)"),
    ),
)
_PARTNER = "concat('partner:', split_part(partner, ':', -1))"
_INTO = "concat('partner:', split_part(\"into\", ':', -1))"
_EVER_MERGED = f"SELECT unnest([stream, {_INTO}]) FROM record.partner_identity_merged"
_MERGED_PARTNER = f"CASE WHEN {_PARTNER} IN ({_EVER_MERGED}) THEN {_PARTNER} END"
_MERGED_DEALS = Parts(
    ("expansion", "partner"),
    (
        *_DEALS.joined_by,
        ("expansion_contract_signed", "partner", _MERGED_PARTNER),
        ("expansion_investment_secured", "partner", _MERGED_PARTNER),
        ("partner_identity_merged", '"into"', _INTO),
    ),
)
_EXCHANGES = Parts(("exchange",))
_FRUITS = Parts(("exchange", "project"), (("exchange_output_linked", "project", _PROJECT),))
_OUTPUTS = Parts(("project",), (("project_output_reported", "pid", _IDENTITY),))
# A follow-on joins no streams: its column is listed so that in a step it is renamed as its own project is (JR-10).
_PROJECTS = Parts(("project",), (("project_follow_on_linked", "project", "NULL::VARCHAR"),))

_WORK = Parts(
    ("case", "centre", "project"),
    (
        ("centre_activity_held", "activity", "concat('activity:', lower(activity))"),
        ("centre_activity_declined", "activity", "concat('activity:', lower(activity))"),
        ("centre_answered", "subject", "concat('activity:', lower(subject))"),
        ("centre_answered", "subject", "subject"),
    ),
    apart=("centre_activity_held", "centre_activity_declined", "centre_answered"),
    common=("centre.registered", "centre.closed", "hub.designated", "hub.suspended", "hub.reinstated", "hub.revoked"),
    whom=" UNION ".join(
        (
            "SELECT split_part(stream, ':', 2) FROM record.centre_activity_held",
            "SELECT split_part(unnest(others), ':', -1) FROM record.centre_activity_held",
            "SELECT unnest([hub, split_part(body, ':', -1)]) FROM record.case_referred",
            "SELECT unnest(map_keys(shares)) FROM record.project_credit_shared",
        )
    ),
)
"""What centres did together: an activity with all who reported or denied it, a case or a project with the answers."""

_NAMED = (
    (_CASES, "case_topic case_calendar_named case_calendar_bound case_end case_clock case_promise"),
    (_CASES, "case_deadline"),
    (_MERGED_CASES, "case_absorbed backlog_case HD-01/1 HD-02/1 HD-02/2 HD-03/1 HD-03/2 HD-04/1 HD-04/2 HD-05/1"),
    (_MERGED_CASES, "HD-06/1 HD-06A/1 HD-06A/2 HD-07/1 HD-07R/1 HD-02/3 HD-03/3 HD-04/3 HD-07/2 HD-07R/2"),
    (_MERGED_CASES, "HD-03/4 HD-06A/3 HD-07/3 HD-07R/3"),
    (_DEALS, "DX-02/1 DX-02/2 DX-02/3 DX-02/4 DX-02U/1 DX-02U/2"),
    (_MERGED_DEALS, "DX-02/5 DX-02U/3"),
    (ENTRIES, "GV-04/1 GV-04/2 GV-04R/1 GV-04R/2"),
    (_EXCHANGES, "exchange_slice exchange_stay EX-01/1 EX-01I/1 EX-01O/1 EX-02/1"),
    (_EXCHANGES, "EX-01/2 EX-01I/2 EX-01O/2 EX-02/2 EX-02/3 exchange_days EX-01/3 EX-01I/3 EX-01O/3"),
    (_FRUITS, "EX-03/1 EX-03/2"),
    (_OUTPUTS, "verified_outputs JR-06/1 JR-06/2 JR-07/1 JR-07/2"),
    (_PROJECTS, "project_slice project_slice_abroad project_credit project_reports"),
    (_PROJECTS, "JR-01/1 JR-01/2 JR-02/1 JR-03/1 JR-04/1 JR-04/2 JR-05/1 JR-05/2 JR-08/1 JR-09/1 JR-10/1 NW-01/1"),
    (_PROJECTS, "JR-01/3 JR-04/3 JR-04P/1 JR-09/2 JR-10/2 NW-01/2"),
    (_PROJECTS, "JR-01/4 JR-02/2 JR-03/2 JR-04/4 JR-04P/2 JR-05/3 JR-08/2 JR-09/3 JR-10/3"),
    (Parts(("case", "project")), "NW-02/5"),
    (Parts(("case", "exchange")), "person_of"),
    (Parts(("expansion",)), "DX-01/1 DX-03/1 DX-03/2"),
    (Parts(("finding",)), "GV-03/1"),
    (Parts(("review",)), "GV-02/1"),
)

PARTS: Mapping[str, Parts] = {name: parts for parts, names in _NAMED for name in names.split()}
"""By stage or version of an indicator. One that is not listed is not split; to list it, have its tests try it too."""

# When settling, what centres reported rebuilds all of NW-02; a case or a project rebuilds its own rows.
WALKED: Mapping[str, Parts] = {**PARTS, **dict.fromkeys("NW-02/1 NW-02/2 NW-02/3 NW-02/4 NW-02/5".split(), _WORK)}
"""The same, with those that only late entries use."""


def parts_of(it: Indicator) -> Parts | None:
    """None if the evidence of an indicator is not split for late entries either."""
    return WALKED.get(name_of(it))
