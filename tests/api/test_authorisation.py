"""The matrix of who may ask what is complete, current, and what the server does."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from api.http.app import application
from api.http.routes import ROUTES
from api.reads import catalogue
from api.web.site import add_pages
from projections.definitions import READERS
from tests.api.authorisation import FILE, ROLES, matrix
from tests.api.door import PATH_PARTS, Door
from tests.api.half_year import taken

OURS = ("/v1/", "/livez", "/readyz", "/metrics", "/openapi.json")
"""How paths begin that are no pages."""
WITH_SCOPE = "auditor with a scope"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("matrix") / "data")
    it.tokens["hub"] = it.tokens["EU-BRU"]
    for who, wish in {
        "official": {"role": "official", "scope": {"hubs": ["EU-BRU"]}},
        WITH_SCOPE: {"role": "auditor", "scope": {"withhold_persons": True}},
        "hub without persons": {"role": "hub", "hub": "EU-BRU", "persons": "none"},
    }.items():
        it.tokens[who] = taken(it.ask("POST", "/v1/tokens", wish, who="operator")).body["token"]
    yield it
    it.close()


def test_the_document_is_current() -> None:
    assert FILE.read_text() == matrix(), "say `python -m tests.written`"


def test_every_route_and_every_column_has_a_line(door: Door) -> None:
    app = application(door.engine)
    add_pages(app)
    said = matrix()
    for it in app.router.routes():
        assert it.resource is not None
        if it.method == "HEAD":
            continue
        path = it.resource.canonical
        line = f"`{it.method} {path}`" if path.startswith(OURS) else f"`{path}`"
        assert line in said, line
    for name, view in READERS.items():
        for column in view.named:
            assert re.search(rf"^\| `{name}` \|.*`{column}`", said, re.MULTILINE), (name, column)


def lines() -> dict[tuple[str, str], dict[str, str]]:
    """The signs of each route, as the document has them."""
    found = {}
    for method, path, signs in re.findall(r"^\| `([A-Z]+) (/\S+)` \| (.*) \|$", FILE.read_text(), re.MULTILINE):
        found[method, path] = dict(zip(ROLES, signs.split(" | "), strict=True))
    return found


def test_the_server_answers_everybody_as_the_document_says(door: Door) -> None:
    """Every route, asked by every role and by nobody: who may not is refused before anything else is looked at."""
    declared = {("GET", it.path) for it in catalogue.ALL} | {(it.method, it.path) for it in ROUTES}
    assert lines().keys() == declared
    for (method, path), signs in lines().items():
        if path == "/v1/events/live":
            continue  # it has no end
        asked = re.sub(r"\{(\w+)\}", lambda it: PATH_PARTS.get(it[1], "none"), path)
        nobody = door.ask(method, asked, {} if method == "POST" else None, who=None)
        assert (nobody.status == 401) is ("☆" not in signs.values()), (method, path)
        for who, said in {**signs, WITH_SCOPE: signs["auditor"], "hub without persons": signs["hub"]}.items():
            sign = "–" if (said, who) == ("◐", WITH_SCOPE) else said
            if (method, path) == ("POST", "/v1/mirror/rebuild") and sign == "●":
                continue  # it is tried elsewhere, and takes long
            answer = door.ask(method, asked, {} if method == "POST" else None, who=who)
            code = answer.body.get("code") if isinstance(answer.body, dict) else None
            refused = "–" if code == "authority.role" else "○" if code == "authority.persons" else ""
            if sign in ("●", "◐", "☆"):
                assert refused == "", (method, path, who, code)
            elif sign == "–":
                assert (answer.status, refused) == (403, "–"), (method, path, who)
            else:
                opens = who == "hub"
                assert (refused == "○") is not opens, (method, path, who, code)
