"""The document is complete, valid, and what the server declares."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from api.http.openapi.declared import CODES, DECLARED, HEADERS, PARAMETERS, RECORD_CODES, refusal_status, statuses
from api.http.openapi.document import declared, document
from api.http.openapi.operations import OPERATIONS
from api.http.routes import ROUTES
from domain.registry import TYPES
from tests.contract.documented import validator
from tests.surface.codes import codes

ROOT = Path(__file__).parents[2]
HANGUL = re.compile("[가-힣]")

OF_PAGES = {"check.none", "form.invalid", "form.type", "hub.none", "session.foreign", "session.link"} | {
    "http.malformed",
    "http.method",
}
"""Codes of pages, of another method, and of what is no request."""
QUOTAS = {"quota.at_once", "quota.uploads", "quota.used_up"}
"""Codes that are told by way of another function."""


@pytest.fixture(scope="module")
def told() -> dict:
    """The document as others read it."""
    return msgspec.json.decode(msgspec.json.encode(document()))


def test_every_route_is_described_and_nothing_else() -> None:
    names = {f"{it.method} {it.path}" for it in ROUTES}
    assert names == OPERATIONS.keys(), "say in operations.py what each answers"
    assert names == DECLARED.routes.keys(), "say in operations.toml what each is called and says"


def test_the_document_has_the_same_bytes_in_every_process() -> None:
    """Or its tag would be another after each start."""
    said = "from api.http.openapi.document import contract; import sys; sys.stdout.buffer.write(contract())"
    made = {
        subprocess.run(
            [sys.executable, "-c", said],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1


def test_every_part_of_a_path_is_described() -> None:
    parts = {part for it in declared() for part in re.findall(r"\{(\w+)\}", it.name)}
    assert parts == PARAMETERS["path"].keys(), "say in parameters.toml, under path, what each is"


def test_every_parameter_and_header_that_is_described_is_taken_somewhere(told) -> None:
    said = msgspec.json.encode(told).decode()
    for place in ("path", "query", "header"):
        for name in PARAMETERS[place].keys() - {"format"}:
            assert f'"#/components/parameters/{place}.{name}"' in said, (place, name)
    names = {it.name for it in declared()}
    assert PARAMETERS.keys() - {"path", "query", "header"} <= names
    for name in HEADERS:
        assert f'"#/components/headers/{name}"' in said, name


def test_every_sentence_is_there_in_both_languages(told) -> None:
    operations = [it for path in told["paths"].values() for it in path.values()]
    assert all(it["summary"] and HANGUL.search(it["x-summary-ko"]) for it in operations)
    assert len({it["operationId"] for it in operations}) == len(operations)
    for it in [*told["components"]["parameters"].values(), *told["components"]["headers"].values(), *told["tags"]]:
        assert it["description"], it
        assert HANGUL.search(it["x-description-ko"]), it


def test_every_type_that_may_be_posted_is_an_event_with_its_data(told) -> None:
    mapping = told["components"]["schemas"]["Event"]["discriminator"]["mapping"]
    assert mapping.keys() == {name for name in TYPES if not name.startswith("person.")}
    for name, at in mapping.items():
        schema = told["components"]["schemas"][at.rpartition("/")[2]]
        assert schema["properties"]["type"] == {"const": name}
        assert schema["properties"]["data"]["$ref"].rpartition("/")[2] in told["components"]["schemas"]


def test_every_code_of_the_source_is_declared_with_its_status() -> None:
    source = codes()
    for code, found in source.items():
        if code not in OF_PAGES and ("." in code or code == "internal"):  # another word says which sentence
            own = {str(it) for it in statuses(code)} if any(code in some for some in CODES.values()) else set()
            recorded = {str(refusal_status(code))} if code in RECORD_CODES else set()
            assert own | recorded, code
            assert own | recorded <= {*found}, code
    made = {"http.404"} | {it for it in RECORD_CODES if it.startswith("freetext.")} | QUOTAS
    assert {it for some in CODES.values() for it in some} | RECORD_CODES <= source.keys() | made


def test_every_reference_leads_somewhere(told) -> None:
    said = msgspec.json.encode(told).decode()
    for at in {*re.findall(r'"\$ref":"#/([^"]+)"', said)}:
        found = told
        for part in at.split("/"):
            found = found[part]


def test_what_was_stored_before_a_rule_of_the_door_is_read_and_not_posted(told) -> None:
    """A decoder of before took digits of any script."""
    hours = {"weekday": 1, "opens": "0\u0669:00", "closes": "18:00"}
    fact = {"type": "calendar.published", "version": 1, "tz": "Asia/Seoul", "weekly_open": [hours], "source": "x"}
    of_data = told["components"]["schemas"]["Event"]["discriminator"]["mapping"]["calendar.published"]
    of_data = of_data.removesuffix("Event") + "Data"
    read, posted = (validator(it.removeprefix("#")) for it in ("#/components/schemas/EntryPart", of_data))
    data = {name: it for name, it in fact.items() if name != "type"}
    assert read.is_valid({"fact": fact})
    assert not posted.is_valid(data)
    assert posted.is_valid(data | {"weekly_open": [hours | {"opens": "09:00"}]})
