"""The sealed record as C2SP tlog-tiles, and its proofs. Needs no token: salted digests give nothing away."""

from __future__ import annotations

from types import MappingProxyType

from api.problems import Problem
from api.reads import authorization
from api.reads.asked import ReadRequest
from api.reads.read import Document, File
from api.source import Source
from domain.record import FOREVER
from journal.log import leaves, note, tlog
from journal.log.proof import Proof, prove_entry
from journal.log.sealer import SignedTree
from journal.log.tiles import LEVELS, WIDTH, Tile

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
BRIEFLY = {"Cache-Control": "public, max-age=1"}
UNSAFE = {"Cache-Control": "private, no-store"}
TEXT = "text/plain; charset=utf-8"
PROOFS = MappingProxyType({"json": "application/json", "tlog-proof": "text/plain"})


def read_checkpoint(source: Source, asked: ReadRequest) -> File:
    """The newest checkpoint, `Sagwan-Witnessed` or not yet; with `witnessed=true` the newest that is.

    With `position` one that ends with the entry there, with `size` one over so many entries.
    """
    position = asked.bounded("position", 0, 1, FOREVER) if "position" in asked.names else 0
    seal = sealed_tree(source, asked, position)
    counts = "true" if source.counts_as_witnessed(seal.note) else "false"
    return File(seal.note.encode(), TEXT, BRIEFLY | {"Sagwan-Witnessed": counts})


def read_tile(source: Source, asked: ReadRequest) -> File:
    """A tile of hashes or of entries, of those that a checkpoint covers."""
    level = asked.path["level"]
    try:
        wanted = Tile.parse(f"{0 if level == 'entries' else level}/{asked.path['path']}")
    except ValueError:
        raise Problem(400, "log.tile") from None
    seal = source.sealer.current
    if seal is None or wanted.level >= LEVELS or wanted.leaves > seal.tree.size:
        raise Problem(404, "log.no_tile", size=seal.tree.size if seal else 0)
    body = _bundle(source, seal, wanted) if level == "entries" else seal.tree.tile(wanted)
    return File(body, "application/octet-stream", FOR_EVER, compress=level == "entries")


def _bundle(source: Source, seal: SignedTree, wanted: Tile) -> bytes:
    """Log entries, each behind its length in two bytes, made from the journal."""
    found = leaves.read_leaves(source.journal.entries, seal.ranks.position(wanted.nth * WIDTH) - 1, wanted.width)
    entries = [leaves.log_entry(head, stored) for _, head, stored in found]
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in entries])


def read_proof(source: Source, asked: ReadRequest) -> Document | File:
    """That the tree of `size` has the entry at `position`; or that the tree of `to` begins with that of `from`."""
    if {"from", "to"} & asked.names:
        return _consistency(source, asked)
    position = asked.whole_number("position", 0)
    with_event = asked.switch("event")
    actor = asked.actor if with_event else None
    seal = sealed_tree(source, asked, covering=source.wait_for_seal(position))
    entry, stored, made = proven_entry(source, seal, position)
    if actor is not None:
        authorization.require_visible_entry(source, actor, position, stored)
    if asked.format == "tlog-proof":
        made = made._replace(extra=stored if with_event else entry)
        headers = {"Content-Disposition": f'attachment; filename="{position}.tlog-proof"'}
        return File(made.text.encode(), TEXT, headers | UNSAFE)
    return Document(
        {
            "position": position,
            "index": made.rank,
            "size": seal.tree.size,
            "entry": entry.decode(),
            "leaf": note.encode_base64(tlog.leaf_hash(entry)),
            "proof": [note.encode_base64(it) for it in made.hashes],
            "checkpoint": made.checkpoint,
        }
    )


def proven_entry(source: Source, seal: SignedTree, position: int) -> tuple[bytes, bytes, Proof]:
    """As `prove_entry`. Raises Problem where the tree does not have the entry."""
    try:
        return prove_entry(source.journal.entries, seal, position)
    except KeyError:
        raise Problem(422, "log.not_covered", "entry", position=position) from None


def _consistency(source: Source, asked: ReadRequest) -> Document:
    if "from" not in asked.names or {"position", "event", "format"} & asked.names:
        raise Problem(400, "query.invalid", "log", parameter="from")
    current = sealed_tree(source, asked)
    old, size = asked.whole_number("from", 0), asked.whole_number("to", current.tree.size)
    if not 0 < old <= size <= current.tree.size:
        raise Problem(422, "log.sizes", size=current.tree.size)
    seal = source.sealer.at(size)
    return Document(
        {
            "from": old,
            "to": size,
            "from_root": note.encode_base64(tlog.root(old, seal.tree)),
            "to_root": note.encode_base64(seal.checkpoint.root),
            "proof": [note.encode_base64(it) for it in tlog.consistency(old, size, seal.tree)],
            "checkpoint": seal.note,
        }
    )


def sealed_tree(source: Source, asked: ReadRequest, position: int = 0, *, covering: int = 0) -> SignedTree:
    """The signed tree that is asked for: one that ends at `position`, one of `size` leaves, the newest `witnessed` one.

    Else the newest witnessed one, if it covers `covering` leaves, and else the newest. Its note has the
    cosignatures that it has so far. Raises Problem where several of these are asked for at once.
    """
    chosen = {"position": position > 0, "size": "size" in asked.names, "witnessed": asked.switch("witnessed")}
    if len(several := [name for name, it in chosen.items() if it]) > 1:
        raise Problem(400, "query.invalid", "one_tree", parameter=several[-1])
    size = source.wait_for_seal(position) if position else 0
    if "size" in asked.names:
        size = asked.bounded("size", 0, 1, FOREVER)
    current, witnessed = source.sealer.current, source.witnessed()
    if current is None:
        raise Problem(404, "log.empty", "yet")
    if asked.switch("witnessed"):
        if not witnessed:
            raise Problem(404, "log.unwitnessed")
        size = witnessed
    elif not size:
        size = witnessed if 0 < covering <= witnessed else current.tree.size
    if size > current.tree.size:
        raise Problem(422, "log.not_covered", "size", size=current.tree.size)
    return source.with_cosignatures(source.sealer.at(size))
