"""Every route that is no read and no page, declared once: who may ask it, which parameters it takes, what answers it.

Reads are declared in `api/reads/catalogue.py`, pages in `api/web/site.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias, get_args

from aiohttp import web

from api.http import dry_run, editions, events, evidence, health, metrics, persons, tokens, work
from api.http.contract import show_contract
from api.http.terms import KEY, MATCH, NONE_MATCH
from api.problems import Problem
from api.reads import catalogue
from api.server.engine import ENGINE
from domain.acts.person import ConsentRecorded, ConsentWithdrawn, HoldPlaced, HoldReleased
from domain.input_policy.authority import WRITES, check_persons_opened
from domain.record import Role
from domain.visibility import READS_ALL

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

EVERY_ROLE: frozenset[Role] = frozenset(get_args(Role))
OPERATORS: frozenset[Role] = frozenset({"operator"})
WRITERS: frozenset[Role] = frozenset(role for role, kinds in WRITES.items() if kinds)

PERSON = "{person:(?!resolve$)[^/]+}"
"""A pseudonym in a path, where another route has the word that is none."""


class Route(NamedTuple):
    """A route for live tokens of the `roles`; others are refused in the words of `why` (which sentence of
    `authority.role`).

    What is `public` needs no token, what is `of_persons` a credential that opens persons, and what is `unscoped` is for
    no auditor with a scope. `takes` are the names of its parameters, a star for what may be given several times,
    `terms` the conditions in headers that it goes by (`api/http/terms.py`).
    """

    method: str
    path: str
    handler: Handler
    takes: str = ""
    roles: frozenset[Role] = EVERY_ROLE
    why: str = ""
    public: bool = False
    of_persons: bool = False
    unscoped: bool = False
    terms: str = ""

    @property
    def definition(self) -> web.RouteDef:
        path = self.path.replace("{person}", PERSON)
        return web.RouteDef(self.method, path, self.handler if self.public else self._guarded, {})

    async def _guarded(self, request: web.Request) -> web.StreamResponse:
        actor = request.app[ENGINE].access.asker(request)
        if actor.role not in self.roles or (self.unscoped and actor.scope):
            raise Problem(403, "authority.role", self.why, role=actor.role)
        if self.of_persons:
            check_persons_opened(actor)
        return await self.handler(request)


def _of_operators(method: str, path: str, handler: Handler, terms: str = "") -> Route:
    return Route(method, path, handler, roles=OPERATORS, why="tokens", terms=terms)


def _person(method: str, path: str, handler: Handler, takes: str = "", terms: str = "") -> Route:
    return Route(method, f"/v1/persons{path}", handler, takes, of_persons=True, terms=terms)


EVERY_TERM = f"{KEY} {MATCH} {NONE_MATCH}"
RECORDS_NOTHING = "records_nothing"

ROUTES = (
    Route("POST", "/v1/events", events.post_events, "atomic", roles=WRITERS, why=RECORDS_NOTHING, terms=EVERY_TERM),
    Route("POST", "/v1/events/known", dry_run.count_known, roles=WRITERS, why=RECORDS_NOTHING),
    Route("GET", "/v1/events/live", events.live_feed, catalogue.FEED),
    Route(
        "POST",
        "/v1/editions/{period}",
        editions.publish_edition,
        roles=frozenset({"secretariat"}),
        why="publishes",
    ),
    Route(
        "PUT",
        "/v1/evidence/{sha256}",
        evidence.put_file,
        roles=evidence.HAND_IN,
        why="hands_in",
    ),
    Route("GET", "/v1/evidence/{sha256}", evidence.get_file, "purpose"),
    _of_operators("POST", "/v1/mirror/rebuild", tokens.rebuild_mirror),
    Route("GET", "/v1/work", work.list_works),
    Route("GET", "/v1/work/{id}", work.show_work),
    Route("DELETE", "/v1/work/{id}", work.drop_work),
    Route("GET", "/v1/work/{id}/answer", work.fetch_answer),
    _of_operators("GET", "/v1/tokens", tokens.list_tokens),
    _of_operators("POST", "/v1/tokens", tokens.issue_token, KEY),
    _of_operators("POST", "/v1/tokens/{id}/rotation", tokens.rotate_token, KEY),
    _of_operators("DELETE", "/v1/tokens/{id}", tokens.revoke_token),
    Route(
        "GET",
        "/v1/persons",
        persons.list_persons,
        roles=READS_ALL | {"hub"},
        why="people",
        unscoped=True,
    ),
    _person("POST", "", persons.add_person, terms=KEY),
    _person("POST", "/resolve", persons.resolve_references),
    _person("GET", "/{person}", persons.show_person, "purpose basis fields"),
    _person("POST", "/{person}", persons.restate_person),
    _person("DELETE", "/{person}", persons.erase_person, "basis"),
    _person("POST", "/{person}/consents", persons.person_act(ConsentRecorded), terms=KEY),
    _person("DELETE", "/{person}/consents", persons.person_act(ConsentWithdrawn), "purpose", KEY),
    _person("POST", "/{person}/holds", persons.person_act(HoldPlaced), terms=KEY),
    _person("DELETE", "/{person}/holds", persons.person_act(HoldReleased), "law", KEY),
    Route("GET", "/livez", health.alive, public=True),
    Route("GET", "/readyz", health.ready, public=True),
    Route("GET", "/metrics", metrics.show_metrics, public=True),
    Route("GET", "/openapi.json", show_contract, public=True),
)
