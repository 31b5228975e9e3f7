"""Re-signing a record whose key, or last signed state, is lost: an act that stays recorded."""

from __future__ import annotations

import itertools

from api import credentials
from domain.acts.seal import LogRestarted
from domain.messages import Invalid
from domain.record import SAGWAN, Refused
from journal.folder import Folder
from journal.log import continuity, keys
from journal.log.checkpoint import Checkpoint
from journal.log.note import MalformedNote
from journal.log.sealer import Sealer, SealFolder
from journal.store.journal import Journal
from journal.store.submission import Submission
from journal.store.writer import Writer
from projections.mirror import files
from replay.audit import sealed


def reseal(journal: Journal, folder: Folder, reason: str) -> tuple[int, int]:
    """Records why, and signs. Returns the position of the act, and over how many entries.

    The tables are rebuilt when the record is opened next: the present ones may be of entries that are given up.

    Raises ValueError where nothing is lost, or the act is refused; then nothing is touched.
    """
    lost: list[str] = [*continuity.lost_parts(journal, folder.path)]
    known, given_up = continuity.adopted_keys(journal), _signed(folder)
    origin = known[-1].name if known else None
    if known and not {"key", "checkpoint"} & {*lost}:
        sealer = Sealer(journal.entries, SealFolder(folder.log), keys.signing_keys(folder.path))
        sealer.resume()
        sealer.compare()
        lost += ["tree"] if sealer.alarm else []
    if not lost:
        raise Invalid("command.seal_whole")
    size, root = sealed.computed_tree(journal.entries, SealFolder(folder.log))
    fact = LogRestarted(
        reason=reason,
        lost=tuple(lost),  # type: ignore[arg-type]
        size=size,
        root=root.hex(),
        given_up=given_up.size if given_up else None,
        given_up_root=given_up.root.hex() if given_up else None,
    )
    number = len(continuity.restarts(journal)) + 1
    act = Submission(actor=credentials.SYSTEM, stream="seal:log", source=SAGWAN, id=f"restarted-{number}", fact=fact)
    writer = Writer(journal)
    writer.start()
    try:
        # Before anything is signed: cut short here, the record is still not served.
        (outcome,) = writer.record(act)
        if isinstance(outcome, Refused):
            raise outcome
        for path in files.mirror_files(folder.path):
            files.remove_mirror(path)
        if {"adoption", "checkpoint", "tree"} & {*lost} and folder.log.exists():
            folder.log.rename(
                next(it for n in itertools.count(1) if not (it := folder.path / f"log.lost-{n}").exists())
            )
        signing = keys.signing_keys(folder.path, origin)
        if adopted := credentials.key_adoption(journal, str(signing[0].verifier)):
            (taken,) = writer.record(adopted)
            if isinstance(taken, Refused):
                raise Invalid("command.not_adopted", because=taken.phrase)
    finally:
        writer.stop()
    sealer = Sealer(journal.entries, SealFolder(folder.log, write=True), signing)
    sealer.resume()
    sealer.start()
    sealer.stop()
    if sealer.alarm or sealer.current is None:
        raise Invalid("command.not_signed", because=sealer.alarm.phrase if sealer.alarm else str(sealer.health.trouble))
    return outcome.position, sealer.current.tree.size


def _signed(folder: Folder) -> Checkpoint | None:
    """What was signed last, where it can be read."""
    try:
        return signed[0] if (signed := SealFolder(folder.log).signed()) else None
    except MalformedNote:
        return None
