"""Media types of files that are taken as evidence, each with the ending of its name (`media_types.toml`)."""

from __future__ import annotations

from pathlib import Path

import msgspec

MEDIA_TYPES: dict[str, str] = msgspec.toml.decode(Path(__file__).with_suffix(".toml").read_bytes())

_BY_ENDING = {ending: type_ for type_, ending in reversed(MEDIA_TYPES.items())} | {
    **{"jpeg": "image/jpeg", "tiff": "image/tiff", "hwp": "application/x-hwp", "hwpx": "application/hwp+zip"},
    "log": "text/plain",
}


def media_type_of(name: str) -> str | None:
    """The type that the ending of a file's name says, None where it says none that is taken."""
    return _BY_ENDING.get(name.rpartition(".")[2].lower())
