"""The identity of an assertion (주장의 동일성): who makes it, from which source, and under which id.

`source` and `id` are unique in a space: a hub's own, a role's, or the machine's. The space follows from the entry
itself, so that it can be derived again for every entry ever recorded.
"""

from __future__ import annotations

import hashlib
import re
from unicodedata import is_normalized, normalize

import msgspec

from domain.input_policy import characters
from domain.input_policy.authority import Actor
from domain.record import SAGWAN, Refused, Role

COMPOSED = frozenset(
    {
        *("credential.issued", "credential.revoked", "seal.key_adopted", "seal.checkpoint_kept", "seal.log_restarted"),
        *("check.edition_published", "check.edition_restated", "check.restatement_proposed"),
        "evidence.kept",
    }
)
"""Types of the acts that Sagwan composes, no matter who requests them."""

MOST_BYTES = 2_400
"""The most bytes of source and id together in UTF-8: 512 and 256 characters of Korean, and less than the 2,704 that an
index of PostgreSQL holds, so that no database has to be asked."""

_HUB = re.compile(r"hub[:/]+([^/:#?]+)", re.IGNORECASE)
_SAGWAN = re.compile(rf"{SAGWAN}(?![^/:#?])", re.IGNORECASE)


def identity_space(role: Role, hub: str, source: str, type_: str) -> str:
    """The name space of an entry's `source` and `id`: `hub:EU-BRU`, another role, or the machine.

    A hub has its own whatever the source says; the machine has that of what it composes under its own name.
    """
    if role == "hub":
        return f"hub:{hub}"
    return SAGWAN if source == SAGWAN and type_ in COMPOSED else role


def identity_digests(space: str, source: str, id: str) -> list[bytes]:
    """The digests that identify an assertion: SHA-256 of space, source and id as written and, if different, in NFC."""
    forms = [(source, id)]
    if not (is_normalized("NFC", source) and is_normalized("NFC", id)):
        forms.append((normalize("NFC", source), normalize("NFC", id)))
    return [hashlib.sha256(msgspec.json.encode((space, *form))).digest() for form in forms]


def check_identity(source: str, id: str) -> None:
    """Raises Refused unless source and id can name an assertion for ever."""
    characters.check_name(source, "$.source")
    characters.check_name(id, "$.id")
    check_identity_length(source, id)


def check_identity_length(source: str, id: str) -> None:
    """Raises Refused if source and id together are longer than MOST_BYTES."""
    if (length := len(source.encode()) + len(id.encode())) > MOST_BYTES:
        raise Refused("identity.too_long", path="$.id", bytes=length, most=MOST_BYTES)


def check_source(actor: Actor, source: str) -> None:
    """Raises Refused for a source that names another hub than the actor's, or the machine."""
    if _SAGWAN.match(source):
        raise Refused("authority.source", "sagwan", path="$.source")
    if (named := _HUB.match(source)) and named[1] != actor.hub:
        if not actor.hub:
            raise Refused("authority.source", "role", path="$.source", hub=None, role=actor.role)
        raise Refused("authority.source", "hub", path="$.source", hub=actor.hub)
