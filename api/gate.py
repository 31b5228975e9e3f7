"""Before an act goes to the record: is what it says of figures or of a sample what the engine computes itself?

Nobody types a total. Computing takes longer than the writer may wait, so it is done here; what may have changed by the
time the act is written (the cut-off fixed again) stands in the act and is judged there.
"""

from __future__ import annotations

import asyncio
import contextlib
import difflib
import re

from api.engine import Engine
from domain.check import CheckOpened, EditionPublished, EditionRestated
from domain.record import Refused
from domain.review import SampleDrawn, SubmissionMade
from journal.admission import Submission
from projections.definitions import QUALITATIVE, VERSIONS
from replay.checks import sample
from replay.editions import NoEdition, check_of, cut_of, made
from replay.figures import Cut, UnknownVersion

COMPUTED = (SubmissionMade, SampleDrawn, EditionPublished, EditionRestated)


async def admit(engine: Engine, it: Submission) -> None:
    """Raises Refused when an act says something else than is computed. What breaks a rule is left to the judge."""
    if isinstance(it.fact, CheckOpened):
        _opening(it.fact)
    if not isinstance(it.fact, COMPUTED) or engine.journal.entries.known([(it.source, it.id)]):
        return
    await engine.caught_up(engine.journal.position)
    await engine.sealed(engine.journal.position)
    await asyncio.to_thread(_admit, engine, it)


def _opening(opened: CheckOpened) -> None:
    """Figures can be computed of the versions that a check goes by, or no edition of it could ever be published."""
    there = VERSIONS.keys() | QUALITATIVE.keys()
    if unknown := {code: version for code, version in opened.indicators.items() if (code, version) not in there}:
        raise Refused(
            "check.unknown_version",
            f"there is no version {next(iter(unknown.values()))} of the indicator {next(iter(unknown))}",
            path="$.data.indicators",
            unknown=unknown,
            newest={code: max(n for other, n in there if other == code) for code in unknown if code in dict(there)},
            did_you_mean={code: difflib.get_close_matches(code, dict(there), 3) for code in unknown},
        )


def _admit(engine: Engine, it: Submission) -> None:
    # A check that is not there, or has no cut-off, is the judge's to refuse.
    with contextlib.suppress(NoEdition):
        try:
            match it.fact:
                case SubmissionMade() as submitted:
                    _submission(engine, it.stream, submitted)
                case SampleDrawn() as drawn if drawn.position <= engine.journal.position:
                    _sample(engine, drawn)
                case EditionPublished() | EditionRestated() as act if 0 < act.key.position <= engine.journal.position:
                    _edition(engine, it.stream, act)
        except UnknownVersion as unknown:
            raise Refused("check.unknown_version", str(unknown)) from None


def _submission(engine: Engine, stream: str, submitted: SubmissionMade) -> None:
    named = re.fullmatch(r"review:(\d{4}S[12])-(.+)", stream)
    if not named:
        return
    check = check_of(engine.journal, named[1])
    if submitted.cutoff != check.position or named[2] not in check.hubs:
        return
    computed = engine.abacus.of_hub(cut_of(check), named[2]).digest
    if submitted.figures_digest != computed:
        raise Refused(
            "review.other_figures",
            "the digest is not that of the figures computed as of the cut-off; a figure is disputed by a correction"
            " of what it counts, with evidence",
            figures_digest=submitted.figures_digest,
            computed=computed,
        )


def _sample(engine: Engine, drawn: SampleDrawn) -> None:
    try:
        found = sample(engine.follower.reading, drawn.population, drawn.position, drawn.seed, drawn.size)
    except ValueError as error:
        raise Refused("review.no_population", f"this sample cannot be drawn: {error}") from None
    if (drawn.method, drawn.size, drawn.positions) != (found.method, found.size, found.positions):
        raise Refused(
            "review.other_sample",
            "query, position and seed draw another sample; `sagwan check sample` draws it",
            method=found.method,
            size=found.size,
            positions=found.positions,
        )


def _edition(engine: Engine, stream: str, fact: EditionPublished | EditionRestated) -> None:
    key = fact.key
    check = check_of(engine.journal, stream.partition(":")[2])
    if key.period != check.period or any(it.key == key.digest for it in check.editions):
        return
    cut = Cut.of(key.period, key.valid_cutoff, key.position, check.indicators)
    computed, digest = made(engine.journal, engine.abacus, cut, engine.checkpoint_at(key.position))
    if (key, fact.digest) != (computed, digest):
        raise Refused(
            "check.other_edition",
            "an edition has the key and the digest that are computed; POST /v1/editions/{period} publishes it",
            key=key.digest,
            computed_key=computed.digest,
            digest=fact.digest,
            computed=digest,
        )
