"""`Prefer`: what somebody would rather have (RFC 7240)."""

from __future__ import annotations

from aiohttp import web


def preferences(request: web.Request) -> dict[str, str]:
    """Preferences by name with their values, which may be empty. Of one given twice the first counts."""
    found: dict[str, str] = {}
    for part in ",".join(request.headers.getall("Prefer", [])).split(","):
        name, _, value = part.partition(";")[0].partition("=")
        found.setdefault(name.strip().lower(), value.strip().strip('"').lower())
    return found
