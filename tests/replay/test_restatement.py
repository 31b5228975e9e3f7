"""What a restatement tells of figures that are not told on both sides, and of editions that cannot be compared."""

from __future__ import annotations

from typing import Any, cast

import pytest
from msgspec.structs import replace

from domain.acts.check_events import (
    EditionPublished,
    EditionRestated,
    EditionWithdrawn,
    RestatementApproved,
    RestatementProposed,
    RestatementRejected,
)
from domain.acts.edition import EditionKey
from domain.record import Recorded
from journal.store.journal import Journal
from replay.editions import restatement
from replay.editions.editions import EditionContent, NotAsPublished, editions_of
from replay.editions.period_figures import Figure, FigureCache, UnknownVersion
from replay.editions.restatement import Restatement, restatement_of
from tests.projections.histories import START, History

CHECK = "check:2025S1"
KEY = EditionKey(
    period="2025S1", valid_cutoff=START, position=1, checkpoint=None, calendars={}, slas={}, fx={}, schemes={},
    indicators={},
)  # fmt: skip
PUBLISHED = EditionPublished(key=KEY, digest="ab" * 32)
RESTATED = EditionRestated(edition=2, key=replace(KEY, position=2), digest="cd" * 32)
PROPOSED = RestatementProposed(edition=1, reason="늦은 기록", indicators=("HD-01",))


class Acts:
    """A record that has the acts of a check and nothing else."""

    def __init__(self, *facts: Any) -> None:
        history = History()
        for hour, fact in enumerate(facts):
            history.add(CHECK, fact, hour)
        self.rows = history.rows

    def stream(self, name: str) -> list[Recorded[Any]]:
        return self.rows if name == CHECK else []


def figure(value: str | None, code: str = "HD-01", of: str | None = None, withheld: bool = False) -> Figure:
    counted = None if withheld else 1
    return Figure(code, 1, of and "hub", of, value, counted, counted, withheld=withheld)


def told(monkeypatch: pytest.MonkeyPatch, acts: Acts, before: Any, *after: Figure) -> Restatement:
    """Of the last edition; the one before says `before`, or cannot be had for that reason."""

    def content(*_: object) -> EditionContent:
        if isinstance(before, Exception):
            raise before
        return EditionContent("2025S1", tuple(before), ())

    monkeypatch.setattr(restatement, "verified_content", content)
    journal = cast("Journal", acts)
    last = editions_of(journal, "2025S1")[-1]
    now = EditionContent("2025S1", after, ())
    found = restatement_of(journal, cast("FigureCache", None), "2025S1", last, now)
    assert found
    return found


@pytest.mark.parametrize(
    ("was", "is_", "moved"),
    [
        (figure("7"), figure("8"), ("7", "8", "1", False, False)),
        (figure("8"), figure("7"), ("8", "7", "-1", False, False)),
        (figure(None, withheld=True), figure("8"), (None, "8", None, True, False)),
        (figure("7"), figure(None, withheld=True), ("7", None, None, False, True)),
        (None, figure("3"), (None, "3", "3", False, False)),
        (figure("3"), None, ("3", None, "-3", False, False)),
        (None, figure("3", "HD-02"), (None, "3", None, False, False)),
        (figure("3", "HD-02"), figure(None, "HD-02"), ("3", None, None, False, False)),
    ],
    ids=["more", "less", "withheld before", "withheld now", "a slice more", "a slice less", "a median of nothing",
         "nothing of a median"],
)  # fmt: skip
def test_a_difference_is_told_only_where_both_are_told_or_nothing_counts_as_none(
    monkeypatch: pytest.MonkeyPatch, was: Figure | None, is_: Figure | None, moved: tuple[Any, ...]
) -> None:
    acts = Acts(PUBLISHED, PROPOSED, RestatementApproved(), RESTATED)
    found = told(monkeypatch, acts, [it for it in (was,) if it], *[it for it in (is_,) if it])
    assert found.figures is not None
    (it,) = found.figures
    assert (it.before, it.after, it.delta, it.before_withheld, it.after_withheld) == moved
    assert (found.not_compared, found.replaces, found.reason) == (None, "2025S1/1", "늦은 기록")


def test_what_both_withhold_and_what_both_tell_alike_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = Acts(PUBLISHED, PROPOSED, RestatementApproved(), RESTATED)
    same = [figure("7"), figure(None, of="EU", withheld=True), figure(None, "HD-02")]
    assert told(monkeypatch, acts, same, *same).figures == ()


@pytest.mark.parametrize(
    "lost",
    [
        NotAsPublished("edition.not_as_published", edition="2025S1/1", published="ab" * 32, made="cd" * 32),
        UnknownVersion("indicator.unknown_version", "rule", version=9),
    ],
)
def test_an_edition_that_is_not_to_be_had_is_not_compared(monkeypatch: pytest.MonkeyPatch, lost: Exception) -> None:
    acts = Acts(PUBLISHED, PROPOSED, RestatementApproved(), RESTATED)
    found = told(monkeypatch, acts, lost, figure("8"))
    assert (found.figures, found.not_compared) == (None, "not_kept")


def test_an_edition_that_nobody_could_ever_read_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = EditionWithdrawn(edition=1, reason="x", never_shown=True)
    found = told(monkeypatch, Acts(PUBLISHED, gone, RESTATED), [figure("7")], figure("8"))
    assert (found.replaces, found.figures, found.not_compared) == ("2025S1/1", None, "never_shown")
    assert (found.reason, found.proposed_by, found.approved_by) == (None, None, None), "nobody proposed it"
    shown = told(monkeypatch, Acts(PUBLISHED, replace(gone, never_shown=False), RESTATED), [figure("7")], figure("8"))
    assert (shown.not_compared, shown.figures is None) == (None, False)


def test_the_proposal_that_stood_is_told_and_none_that_was_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    rejected = (replace(PROPOSED, reason="근거 부족"), RestatementRejected(reason="x"))
    found = told(monkeypatch, Acts(PUBLISHED, *rejected, PROPOSED, RestatementApproved(), RESTATED), [], figure("8"))
    assert (found.reason, found.indicators) == ("늦은 기록", ("HD-01",))
    assert found.approved_at is not None
    again = Acts(PUBLISHED, PROPOSED, RestatementApproved(), replace(PROPOSED, reason="둘째"), RESTATED)
    found = told(monkeypatch, again, [], figure("8"))
    assert (found.reason, found.approved_by) == ("둘째", None), "an approval is of one proposal"
