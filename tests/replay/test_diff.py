"""What changed between two points, and what moved it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.facts.expansion import ContractSigned
from domain.facts.helpdesk import CaseResolved
from domain.values import Money
from journal.store.admission import Admission
from journal.store.journal import Journal
from journal.trusted_clock import now
from projections.mirror.files import open_mirror
from replay.audit import diff
from tests.journal.acts import THEN, correct, designate, opened, post


@pytest.fixture
def mirror(tmp_path):
    """1 designates, 2 and 3 open cases, 4 resolves one, 5 corrects the topic of the other."""
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        admit = Admission(journal)
        admit.record([designate("EU"), opened("case:1", "1"), opened("case:2", "2")], now())
        admit.record([post("case:1", CaseResolved(), id="3", at=THEN + timedelta(hours=2))], now())
        admit.record([correct("case:2", 3, "4", topic="tax")], now())
        it = open_mirror(tmp_path, journal.page)
        yield it
        it.close()


def changes(mirror, a: int, b: int) -> dict[str, diff.Change]:
    return {it.code: it for it in diff.diff_between(mirror.reading, a, b).changes}


def test_a_figure_that_moved_is_shown_before_and_after_with_the_entry_that_moved_it(mirror):
    backlog = changes(mirror, 3, 4)["HD-06"]
    assert (backlog.hub, backlog.period, backlog.before, backlog.after) == ("EU", "2025S1", 2, 1)
    assert backlog.movers == [diff.Mover(4, "case.resolved", "case:1")]


def test_a_correction_moves_the_rate_of_corrections_and_is_named(mirror):
    rate = changes(mirror, 4, 5)["GV-04R"]
    assert [it.position for it in rate.movers] == [5]
    assert "HD-01" not in changes(mirror, 4, 5)


def test_a_change_says_how_many_amounts_either_figure_leaves_out(tmp_path):
    contracts = [
        ContractSigned(contract_ref=f"c-{n}", money=Money(Decimal(5), it)) for n, it in enumerate(["KRW", "EUR"])
    ]
    with Journal.at(tmp_path / "journal.db", write=True) as journal:
        admit = Admission(journal)
        admit.record([designate("EU"), post("expansion:1", contracts[0], id="1")], now())
        admit.record([post("expansion:1", contracts[1], id="2"), post("expansion:2", contracts[1], id="3")], now())
        admit.record([post("expansion:2", replace(contracts[0], contract_ref="x"), id="4")], now())
        mirror = open_mirror(tmp_path, journal.page)
        deals = changes(mirror, 3, 5)["DX-02U"]
        assert (deals.before, deals.missing_before, deals.after, deals.missing_after) == (5, 1, 10, 2)
        assert "DX-02U" not in changes(mirror, 2, 3), "the value is the same"
        mirror.close()


def test_nothing_changes_between_a_point_and_itself(mirror):
    found = diff.diff_between(mirror.reading, 5, 5)
    assert (found.entries, found.changes) == (0, [])
