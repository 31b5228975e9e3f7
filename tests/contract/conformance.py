"""A server held against `/openapi.json` by schemathesis: what it is asked and what it answers is as that says.

The feed has no end and is tried elsewhere; so is what only a full disk or a broken seal brings about.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.api.door import Door, event, opened
from tests.api.half_year import HalfYear, taken

HERE = Path(__file__).parent
CHECKS = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "missing_required_header", "unsupported_method"),
    *("allow_header_conformance", "ignored_auth"),
)
"""All but `positive_data_acceptance`: whether a word is known to the record is no matter of its form."""
LEFT_OUT = ("/v1/events/live",)


PATIENCE = 10
"""How often tables are asked for that are not there yet; each time waits ten seconds."""


class Found(NamedTuple):
    status: int
    told: str


def furnished(path: Path) -> Door:
    """A server with a half-year that is published, cases, a project with money, and a person."""
    door = Door(path)
    door.post([opened("case:C-1", "c-1"), event("case.resolved", "case:C-1", "c-2", time="2025-03-04T10:00:00Z")])
    spent = {"money": {"amount": "10.5", "currency": "KRW"}, "funder": "KR"}
    door.post(
        [
            event("project.proposed", "project:1", "p-1", {"title_en": "x", "partners": ["p"]}),
            event("project.funding_spent", "project:1", "p-2", spent),
        ]
    )
    taken(door.ask("POST", "/v1/persons", {"name_en": "A", "reference": "r-1"}, who="EU-BRU"))
    # The first tables take longest, on a busy machine longer than an act waits for them.
    assert any(door.get("/v1/views/cases?after=1", who="auditor").status == 200 for _ in range(PATIENCE))
    HalfYear(door).run()
    return door


def hold_against_document(door: Door, who: str, seed: int, options: Sequence[str] = ()) -> Found:
    """What schemathesis finds asking as somebody: 0 and its report where it finds nothing."""
    run = subprocess.run(
        [
            *(Path(sys.executable).parent / "st", "--config-file", HERE / "schemathesis.toml", "run"),
            *(f"{door.url}/openapi.json", "--checks", ",".join(CHECKS), "--seed", str(seed), "--no-color"),
            *("--header", f"Authorization: Bearer {door.tokens[who]}", "--continue-on-failure", "--warnings", "off"),
            *(word for path in LEFT_OUT for word in ("--exclude-path", path)),
            *options,
        ],
        cwd=door.path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return Found(run.returncode, run.stdout + run.stderr)
