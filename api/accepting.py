"""What a client says that it wants (RFC 9110 12.4.2)."""

from __future__ import annotations

import re

from aiohttp import web


def accepted(request: web.Request, header: str) -> dict[str, float]:
    """What a header of wishes names, with how much it is wanted (RFC 9110 12.4.2)."""
    found = {}
    for part in filter(None, map(str.strip, ",".join(request.headers.getall(header, [])).lower().split(","))):
        name, *parameters = map(str.strip, part.split(";"))
        told = next((it[2:] for it in parameters if it.startswith("q=")), "1")
        found[name] = float(told) if re.fullmatch(r"[01](\.[0-9]{0,3})?", told) else 1.0
    return found
