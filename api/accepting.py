"""What a client says that it wants (RFC 9110 12.4.2, 12.5.4)."""

from __future__ import annotations

import re

from aiohttp import web

from domain.phrase import LANGUAGES

PACKABLE = web.ResponseKey("packable", bool)
"""Says of an answer that it is worth packing, whatever its type, and may be though it is not to be stored."""


def accepted(request: web.BaseRequest, header: str) -> dict[str, float]:
    """What a header of wishes names, with how much it is wanted (RFC 9110 12.4.2)."""
    found = {}
    for part in filter(None, map(str.strip, ",".join(request.headers.getall(header, [])).lower().split(","))):
        name, *parameters = map(str.strip, part.split(";"))
        quality = next((it[2:] for it in parameters if it.startswith("q=")), "1")
        found[name] = float(quality) if re.fullmatch(r"[01](\.[0-9]{0,3})?", quality) else 1.0
    return found


def language_of(request: web.BaseRequest, otherwise: str = "en") -> str:
    """The language that `Accept-Language` wants most of those available; `otherwise` where it wants none of them."""
    wanted: dict[str, float] = {}
    for range_, quality in accepted(request, "Accept-Language").items():
        language = range_.partition("-")[0]
        if language in LANGUAGES and quality > wanted.get(language, 0.0):
            wanted[language] = quality
    return max(wanted, key=wanted.__getitem__, default=otherwise)
