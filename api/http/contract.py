"""`GET /openapi.json`: the contract, the same as long as the program is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from aiohttp import web

from api.accepting import PACKABLE
from api.http.conditional import ANY, wanted_tags

CONTRACT: web.AppKey[Callable[[], bytes]] = web.AppKey("contract")
"""What makes the document."""

KEPT = "public, no-cache"


async def show_contract(request: web.Request) -> web.Response:
    body = request.app[CONTRACT]()
    tag = hashlib.sha256(body).hexdigest()
    headers = {"ETag": f'"{tag}"', "Cache-Control": KEPT}
    wanted = wanted_tags(request)
    if wanted == ANY or tag in wanted:
        return web.Response(status=304, headers=headers)
    response = web.Response(body=body, content_type="application/json", headers=headers)
    response[PACKABLE] = True
    return response
