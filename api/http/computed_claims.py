"""Before an act is recorded: are the figures or the sample that it states what the engine computes itself?

Nobody types a total. Computing takes longer than the writer may wait, so it is done here, and the act goes on with a
mark of it (`ComputedFrom`). The writer takes none without it, nor one whose check has changed meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from typing import TypeVar

from msgspec.structs import replace

from api.server.engine import Engine
from domain.acts.check_events import (
    CheckClosed,
    CheckOpened,
    CutoffFixed,
    EditionPublished,
    EditionRestated,
    EditionWithdrawn,
)
from domain.acts.review import SampleDrawn, SubmissionMade, check_role
from domain.input_policy.authority import owning_hub
from domain.messages import reason
from domain.nearest import nearest
from domain.record import Refused
from journal.store.journal import Journal
from journal.store.submission import COMPUTED, ComputedFrom, Submission
from projections.definitions import QUALITATIVE, VERSIONS
from replay.editions.check_status import draw_sample
from replay.editions.editions import NoEdition, check_of, cut_of, find_edition, kept_content, next_edition
from replay.editions.period_figures import Cut, UnknownVersion

S = TypeVar("S", bound=Submission)

RESTING = (CheckOpened, CutoffFixed, CheckClosed)
"""Acts that state no figures but depend on them."""


async def verify_claims(engine: Engine, it: S) -> S:
    """The act as the writer takes it. Raises Refused when it states something else than is computed.

    An act that breaks a rule is left to the judge: it goes on without the mark, and the writer never takes it.
    """
    if isinstance(it.fact, CheckOpened):
        _opening(it.fact)
    if not isinstance(it.fact, (*COMPUTED, *RESTING)):
        return it
    _authorised(it)
    if await asyncio.to_thread(engine.journal.entries.known, it.digests):
        return it
    await engine.caught_up(engine.journal.position)
    if not isinstance(it.fact, EditionWithdrawn):
        engine.whole()
    if not isinstance(it.fact, COMPUTED):
        return it
    await engine.sealed(engine.journal.position)
    if isinstance(it.fact, SampleDrawn):
        computed = await engine.adhoc_queries.run(
            it.actor.means, lambda given_up: _computed(engine, it, given_up), one_at_a_time=True
        )
    else:
        computed = await asyncio.to_thread(_computed, engine, it)
    return replace(it, computed=computed)


def _authorised(it: Submission) -> None:
    """Raises Refused, before anything is computed, for one without the right: a later one would show the figures."""
    kind, _, key = it.stream.partition(":")
    owning_hub(it.actor, kind, key, None)
    if isinstance(it.fact, (SubmissionMade, SampleDrawn)):
        check_role(it.fact, it.actor.role)


def _opening(opened: CheckOpened) -> None:
    """Raises Refused where a check names unknown versions: no edition of it could ever be published."""
    there = VERSIONS.keys() | QUALITATIVE.keys()
    if unknown := {code: version for code, version in opened.indicators.items() if (code, version) not in there}:
        raise Refused(
            "check.unknown_version",
            path="$.data.indicators",
            unknown=unknown,
            newest={code: max(n for other, n in there if other == code) for code in unknown if code in dict(there)},
            did_you_mean={code: nearest(code, dict(there)) for code in unknown},
            version=next(iter(unknown.values())),
            indicator=next(iter(unknown)),
        )


def _computed(engine: Engine, it: Submission, given_up: threading.Event | None = None) -> ComputedFrom | None:
    named = re.fullmatch(r"(?:check:|review:)(\d{4}S[12])(?:-(.+))?", it.stream)
    if not named:
        return None
    period, hub = named[1], named[2] or ""
    basis = computed_from(engine.journal, period)
    # A check that does not exist, or has no cut-off, is left to the judge to refuse.
    with contextlib.suppress(NoEdition):
        try:
            match it.fact:
                case SubmissionMade() as submitted:
                    return basis if _submission(engine, period, hub, submitted) else None
                case SampleDrawn() as drawn:
                    return basis if _sample(engine, drawn, given_up) else None
                case EditionPublished() | EditionRestated() as act:
                    return basis if _edition(engine, period, act) else None
                case EditionWithdrawn() as act:
                    return basis if _withdrawn(engine, period, act) else None
        except UnknownVersion as unknown:
            raise Refused("check.unknown_version").saying(reason(unknown)) from None
    return None


def computed_from(journal: Journal, period: str) -> ComputedFrom:
    """The mark that something is computed from a check as it is now: to be taken before computing."""
    stream = f"check:{period}"
    return ComputedFrom(stream, len(journal.entries.stream(stream)))


def _submission(engine: Engine, period: str, hub: str, submitted: SubmissionMade) -> bool:
    """Whether it could be compared. Raises Refused when it is not the same."""
    check = check_of(engine.journal, period)
    if submitted.cutoff != check.position or hub not in check.hubs:
        return False
    computed = engine.figure_cache.of_hub(cut_of(check), hub).digest
    if submitted.figures_digest != computed:
        raise Refused("review.other_figures", figures_digest=submitted.figures_digest, computed=computed)
    return True


def _sample(engine: Engine, drawn: SampleDrawn, given_up: threading.Event | None) -> bool:
    if drawn.position > engine.journal.position:
        return False
    try:
        found = draw_sample(engine.follower.reading, drawn.population, drawn.position, drawn.seed, drawn.size, given_up)
    except ValueError as error:
        raise Refused("review.no_population", because=reason(error)) from None
    if (drawn.method, drawn.size, drawn.positions) != (found.method, found.size, found.positions):
        raise Refused("review.other_sample", method=found.method, size=found.size, positions=found.positions)
    return True


def _withdrawn(engine: Engine, period: str, act: EditionWithdrawn) -> bool:
    kept = kept_content(engine.journal, find_edition(engine.journal, period, act.edition))
    if act.never_shown and kept:
        raise Refused("check.was_shown")
    return True


def _edition(engine: Engine, period: str, fact: EditionPublished | EditionRestated) -> bool:
    key = fact.key
    check = check_of(engine.journal, period)
    if key.period != check.period or not 0 < key.position <= engine.journal.position:
        return False
    try:
        digest = key.digest
    except ValueError:  # a number that no key holds: the door says so
        return False
    if any(it.key == digest for it in check.editions):
        return False
    cut = Cut.of(key.period, key.valid_cutoff, key.position, check.indicators)
    computed, content = next_edition(engine.journal, engine.figure_cache, cut, engine.checkpoint_at(key.position))
    if (key, fact.digest) != (computed, content.digest):
        raise Refused(
            "check.other_edition",
            key=digest,
            computed_key=computed.digest,
            digest=fact.digest,
            computed=content.digest,
            by="POST /v1/editions/{period}",
        )
    engine.journal.entries.keep([content.kept])  # on disk before the act is
    return True
