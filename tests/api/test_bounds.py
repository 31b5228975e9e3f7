"""What the door takes of times, amounts and zones, and what it says of the rest."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from http.client import HTTPException
from typing import Any

import pytest

from api.http import downloads
from replay.pack import pack
from tests.api.door import Door, event, opened
from tests.api.half_year import INDICATORS, HalfYear, taken
from tests.api.test_crash import until


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    it = Door(tmp_path_factory.mktemp("bounds") / "data")
    yield it
    it.close()


FUNDED = {"money": {"amount": "1", "currency": "KRW"}, "funder": "KR"}


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00Z", "1970-01-01T09:00:00+09:00", "1999-12-31T23:59:59.999999+09:00"]
)
def test_a_time_before_2000_in_seoul_is_refused_with_its_path(steady: Door, time: str) -> None:
    refused = steady.post(opened("case:old", f"old-{time}", time=time))
    assert (refused.status, refused.body["code"], refused.body["facts"]["path"]) == (422, "time.too_early", "$.time")
    assert "2000-01-01 in Seoul" in refused.body["detail"]


def test_the_first_moment_of_2000_is_taken(steady: Door) -> None:
    taken(steady.post(opened("case:first", "first", time="2000-01-01T00:00:00+09:00")))


@pytest.mark.parametrize(
    ("time", "stored"),
    [
        ("2025-06-30T23:59:59.9999999+09:00", "2025-06-30T14:59:59.999999Z"),
        ("2025-06-30T14:59:59.999999999Z", "2025-06-30T14:59:59.999999Z"),
        ("2025-06-30T14:59:59.5Z", "2025-06-30T14:59:59.500000Z"),
    ],
)
def test_what_is_finer_than_a_microsecond_is_cut(steady: Door, time: str, stored: str) -> None:
    key = f"case:fine-{len(time)}"
    position = taken(steady.post(opened(key, key, time=time))).body["position"]
    assert steady.get(f"/v1/events/{position}").body["entry"]["occurred_at"] == stored
    assert steady.post(opened(key, key, time=time)).status == 200
    restated = {"entry": position, "reason": "CLERICAL", "occurred_at": time, "data": {"topic": "tax"}}
    correction = taken(steady.post(event("entry.corrected", key, f"{key}-c", restated, time=None))).body["position"]
    assert steady.get(f"/v1/events/{correction}").body["entry"]["fact"]["occurred_at"] == stored


def test_a_correction_says_when_it_happened_or_is_refused(steady: Door) -> None:
    position = taken(steady.post(opened("case:then", "then"))).body["position"]
    for occurred_at, status in [("1970-01-01T00:00:00Z", 422), ("2025-03-03", 400), ("2025-03-03T10:00:00", 400)]:
        data = {"entry": position, "reason": "CLERICAL", "occurred_at": occurred_at, "data": {"topic": "tax"}}
        refused = steady.post(event("entry.corrected", "case:then", f"then-{occurred_at}", data, time=None))
        assert refused.status == status
        assert refused.body["facts"]["path"] == "$.data.occurred_at"


@pytest.mark.parametrize("zone", ["localtime", "Factory", "Asia/Soeul"])
def test_a_zone_that_is_nowhere_is_refused(steady: Door, zone: str) -> None:
    refused = steady.post(opened("case:zone", f"zone-{zone}", zone=zone))
    assert (refused.status, refused.body["facts"]["path"]) == (400, "$.zone")


def test_an_amount_that_does_not_add_up_is_refused(steady: Door) -> None:
    much = {"money": {"amount": "9" * 26, "currency": "KRW"}, "funder": "KR"}
    refused = steady.post(event("project.funding_committed", "project:much", "much", much))
    assert (refused.body["code"], refused.body["facts"]["path"]) == ("number.out_of_range", "$.data.money")
    taken(steady.post(event("project.funding_committed", "project:much", "less", FUNDED)))


def test_a_calendar_says_which_days_it_covers(steady: Door) -> None:
    half = HalfYear(steady)
    data = {"version": 1, "tz": "Europe/Brussels", "weekly_open": [], "source": "x"}
    refused = half.act("calendar.published", "calendar:NEW", data)
    assert (refused.status, refused.body["code"]) == (422, "calendar.no_coverage")
    covered = data | {"covers_from": "2025-01-01", "covers_until": "2025-12-31"}
    taken(half.act("calendar.published", "calendar:NEW", covered))
    special = {"version": 2, "special": {"day": "2025-10-11", "hours": [{"opens": "09:00", "closes": "18:00"}]}}
    taken(half.act("calendar.hours_declared", "calendar:NEW", special))
    taken(half.act("calendar.withdrawn", "calendar:NEW", {"version": 2, "reason": "another day"}))
    state = steady.get("/v1/streams/calendar:NEW").body["state"]
    assert (state["status"], state["withdrawn"]) == ("published", [2])


def test_a_check_goes_by_indicators_that_can_be_computed(steady: Door) -> None:
    half = HalfYear(steady, "2025S2")
    for indicators, near in [({"HD-1": 1}, ["HD-01"]), ({"HD-01": 99}, ["HD-01"])]:
        refused = half.open(indicators=INDICATORS | indicators)
        assert (refused.status, refused.body["code"]) == (422, "check.unknown_version")
        (code,) = indicators
        assert near[0] in refused.body["facts"]["did_you_mean"][code]
    unknown = half.open(hubs=["EU-BRU", "EU BRU"])
    assert (unknown.body["code"], unknown.body["facts"]["unknown"]) == ("check.unknown_hub", ["EU BRU"])
    nobody = half.open(hubs=["EU-BRU", "EU-PAR"])
    assert nobody.body["facts"]["unknown"] == ["EU-PAR"]


def test_an_export_that_fails_before_its_first_byte_is_an_error(steady: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(pack, "write_pack", broken)
    failed = steady.get("/v1/export/evidence", who="auditor")
    assert (failed.status, failed.body["code"]) == (500, "internal")


def test_an_export_that_fails_later_breaks_off(steady: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(sink: Any, *_: object) -> None:
        sink.write(bytes(3 * downloads.CHUNK))
        time.sleep(0.5)  # till some of it is sent
        raise ArithmeticError

    monkeypatch.setattr(pack, "write_pack", broken)
    with pytest.raises((HTTPException, OSError)):
        steady.get("/v1/export/evidence", who="auditor")


def test_who_reads_nothing_of_an_export_holds_up_nobody(steady: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def long(sink: Any, *_: object) -> None:
        for _nth in range(80):
            sink.write(bytes(downloads.CHUNK))

    monkeypatch.setattr(pack, "write_pack", long)
    host, _, port = steady.url.removeprefix("http://").partition(":")
    request = f"GET /v1/export/evidence HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {steady.tokens['auditor']}\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(downloads.MOST_OF_ONE):
            slow = stack.enter_context(socket.create_connection((host, int(port))))
            slow.sendall(request.encode())
            assert slow.recv(9) == b"HTTP/1.1 ", "it has begun"
        until(lambda: steady.engine.long_reads.running == 0)
        refused = steady.get("/v1/export/evidence", who="auditor")
        assert (refused.status, refused.body["code"]) == (503, "read.busy")
        assert steady.get("/v1/diff?a=1&b=5", who="auditor").status == 200
    until(lambda: steady.get("/v1/export/evidence", who="auditor").status == 200)


@pytest.mark.parametrize("wrong", [{"position": 2**53 + 1}, {"position": 2**63 - 1}, {"calendars": {"BE": 2**60}}])
def test_a_number_that_no_key_holds_is_told_as_out_of_range(steady: Door, wrong: dict[str, Any]) -> None:
    half = HalfYear(steady, "2024S2")
    if steady.get("/v1/streams/check:2024S2").status == 404:
        taken(half.open())
    key: dict[str, Any] = {
        "period": "2024S2",
        "valid_cutoff": "2024-12-31T14:59:59Z",
        "position": 3,
        "checkpoint": None,
    }
    key |= {name: {} for name in ("calendars", "slas", "fx", "schemes", "indicators")} | wrong
    refused = half.check("edition_published", {"key": key, "digest": "ab" * 32})
    assert (refused.status, refused.body["code"]) == (422, "number.out_of_range"), refused.body
