"""What must still be true of a record when everybody has had a go at it."""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from pathlib import Path

import msgspec

from projections.definitions import INDICATORS
from projections.mirror.public_views import PUBLIC_VIEWS
from tests.api.door import Door
from tests.api.half_year import HalfYear
from tests.commands import command
from tests.hostile.trial import DOCUMENTED

PERIOD = "2025S1"
EDITION = tuple(f"/v1/editions/{PERIOD}/1{form}" for form in ("", ".html", ".xlsx", ".json", ".zip"))
"""The report of a published edition in every form, and its pack."""
PLAINLY = (*(f"/v1/views/{name}" for name in PUBLIC_VIEWS), *(f"/v1/indicators/{code}" for code in INDICATORS))
"""Every view and figure once, for the suite."""
PACKS = (*EDITION, "/v1/export/evidence?indicator=HD-01", f"/v1/checks/{PERIOD}/late", "/v1/diff?a=1&b=20")
EVERYTHING = (
    *(f"/v1/views/{name}{form}" for name in PUBLIC_VIEWS for form in ("", "?format=parquet", "?valid=2025-06-30")),
    *(f"/v1/indicators/{code}{more}" for code in INDICATORS for more in ("", "/evidence", "?by=hub,period")),
    *("/v1/checks", "/v1/editions", "/v1/events?limit=10000", "/v1/export/evidence", "/v1/mirror/event"),
    *PACKS,
)


def published(door: Door) -> None:
    """Has a check and its edition in the record, so that there are reports and packs to be made of it."""
    half = HalfYear(door, PERIOD)
    half.cases("EU-BRU", 3)
    half.run()


def not_made(address: str, token: str, paths: Iterable[str] = EVERYTHING) -> list[str]:
    """Of every view, figure, list, pack and export, or of some paths, those that are not made."""
    failed = []
    connection = http.client.HTTPConnection(address, timeout=300)
    for path in paths:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            failed.append(f"{path}: {answer.status} {said[:300]!r}")
    return failed


def not_ready(address: str) -> list[str]:
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request("GET", "/readyz")
    answer = connection.getresponse()
    said = answer.read()
    assert answer.status in (200, *DOCUMENTED)
    return [] if answer.status == 200 else [str(msgspec.json.decode(said))]


def not_whole(data: Path, database: str | None = None) -> list[str]:
    """What `sagwan verify` says of the record once its server is stopped, unless it is whole and sealed."""
    found = command("verify", "--data", data, *(["--database", database] if database else []))
    return [] if found.returncode == 0 else [found.output]
