"""Plain JSON answers."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from api.formats import encode_json


def json(value: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(body=encode_json(value), status=status, content_type="application/json", headers=headers)
