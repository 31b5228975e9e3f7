"""Opens the folder of evidence files for a server, whatever was cut short or restored from a backup."""

from __future__ import annotations

import logging
from pathlib import Path

from journal.evidence.file_store import FileStore
from journal.evidence.holdings import holdings
from journal.store.journal import Journal
from journal.vault.file_keys import FileKeys

log = logging.getLogger("sagwan.evidence")


def open_files(folder: Path, journal: Journal, keys: FileKeys) -> FileStore:
    """The store, ready to serve: what the record says was purged is destroyed again, what was cut short is gone."""
    store, held = FileStore(folder, keys), holdings(journal)
    store.destroy(held.gone & ({it.key_id for it in keys.all()} | {it.name for it in folder.iterdir()}))
    store.tidy(held.named)
    there = {it.key_id for it in keys.all()}
    keys.note_recorded((held.named & there) - keys.recorded())  # earlier releases noted nothing
    if lost := keys.recorded() - held.named:
        log.critical(
            "the vault has the keys of %d evidence files (%s …) of which the record does not know, and did: it is older"
            " than the vault. Bring back the newest record; until then they stay, and are given to nobody",
            len(lost),
            min(lost),
        )
    if strange := {it.name for it in folder.iterdir()} - there - held.named:
        log.warning(
            "of %d files in %s (%s …) neither the vault has the key nor does the record know: they are of a newer"
            " vault. Bring it back; where there is none, nothing opens them, and they may be deleted",
            len(strange),
            folder,
            min(strange),
        )
    if closed := [it for it in held.held if it.key_id not in there]:
        log.warning(
            "of %d evidence files (%s …) the vault does not have the key: it is older than the record. Bring back the"
            " newest vault.db; where there is none, the files have to be handed in once more",
            len(closed),
            closed[0].stream,
        )
    if missing := [it for it in held.held if not (folder / it.key_id).exists()]:
        log.warning(
            "%d evidence files (%s …) that are to be kept are not in %s: bring them back from a backup",
            len(missing),
            missing[0].stream,
            folder,
        )
    return store
