"""Tables that somebody edited while no server ran are not served: told, and made anew from the record."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from projections.mirror.files import mirror_files
from projections.mirror.follower import Follower
from projections.mirror.mirror import Mirror
from tests.api.door import Door, opened
from tests.api.test_crash import until
from tests.test_sagwan import sagwan

CASES = "/v1/views/cases"


@pytest.fixture
def left(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """The folder of a server that ended in order, and its tokens."""
    door = Door(tmp_path / "data")
    door.post([opened(f"case:{n}", f"o{n}") for n in range(20)])
    assert topics(door) == {"visa"}
    assert door.get(f"/v1/views/hub_performance?after={door.engine.journal.position}").status == 200
    door.close()
    return door.path, door.tokens


def topics(door: Door) -> set[str]:
    position = door.engine.journal.position
    return {it["topic"] for it in door.get(f"{CASES}?after={position}").body["rows"]}


def edited(data: Path) -> None:
    """As anybody with the file can."""
    (path,) = mirror_files(data)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE record.case_opened SET topic = 'tax' WHERE position % 2 = 0")


def refigured(data: Path) -> None:
    """A figure, and no table of the record; nobody closed the mirror in order."""
    (path,) = mirror_files(data)
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE settled.figure SET value = 999 WHERE code = 'HD-01'")
        connection.execute("UPDATE settled.hub_performance SET hd_01 = 999")
    (mark,) = data.glob("mirror-*.mark")
    mark.unlink()


def flipped(data: Path) -> None:
    (path,) = mirror_files(data)
    content = bytearray(path.read_bytes())
    at = content.index(b"visa")
    content[at : at + 4] = b"tax_"
    path.write_bytes(content)


def unmarked(data: Path) -> None:
    edited(data)
    (path,) = data.glob("mirror-*.mark")
    path.unlink()


def marked_for_another(data: Path) -> None:
    edited(data)
    (path,) = data.glob("mirror-*.mark")
    path.write_text(path.read_text(encoding="utf-8").replace("sha256 ", "sha256 0"), encoding="utf-8")


@pytest.mark.parametrize("harm", [edited, flipped, marked_for_another])
def test_an_edited_mirror_is_made_anew_before_anybody_reads_it(
    left: tuple[Path, dict[str, str]], harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    data, tokens = left
    harm(data)
    with caplog.at_level(logging.WARNING):
        door = Door(data)
    door.tokens = tokens
    try:
        assert topics(door) == {"visa"}
        assert "was changed since it was closed" in caplog.text
    finally:
        door.close()


@pytest.mark.parametrize("harm", [edited, unmarked])
def test_a_command_without_a_server_does_not_read_it_either(
    left: tuple[Path, dict[str, str]], harm: Callable[[Path], None]
) -> None:
    data, _ = left
    harm(data)
    said = sagwan("query", "cases", "--format", "csv", "--data", str(data))
    assert "visa" in said
    assert "tax" not in said
    assert len(list(data.glob("mirror-*.mark"))) == 1


def test_one_without_its_mark_is_compared_in_the_background_told_and_replaced(
    left: tuple[Path, dict[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    data, tokens = left
    (before,) = mirror_files(data)
    unmarked(data)
    with caplog.at_level(logging.WARNING):
        door = Door(data)
        door.tokens = tokens
        try:
            until(lambda: [it for it in mirror_files(data) if it != before] == mirror_files(data))
            assert topics(door) == {"visa"}
            assert "the mirror was changed while no server ran: case_opened" in caplog.text
        finally:
            door.close()
    assert "whole" in sagwan("verify", "--data", str(data))


def test_one_that_was_closed_in_order_is_used_as_it_is(left: tuple[Path, dict[str, str]]) -> None:
    data, tokens = left
    before = mirror_files(data)
    sagwan("query", "cases", "--data", str(data))
    door = Door(data)
    door.tokens = tokens
    try:
        assert topics(door) == {"visa"}
        assert mirror_files(data) == before
    finally:
        door.close()


def test_a_mirror_that_could_not_be_compared_is_compared_once_that_can_be_done(
    left: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    data, tokens = left
    unmarked(data)
    compare, full = Follower._compare, [OSError(28, "No space left on device"), OSError(27, "File too large")]

    def later(self: Follower, old: Mirror) -> None:
        if full:
            raise full.pop()
        compare(self, old)

    monkeypatch.setattr(Follower, "_compare", later)
    door = Door(data)
    door.tokens = tokens
    try:
        until(lambda: "was changed while no server ran" in caplog.text)
        until(lambda: topics(door) == {"visa"})
    finally:
        door.close()


def test_a_figure_edited_in_the_tables_is_told_and_made_anew(
    left: tuple[Path, dict[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    data, tokens = left
    refigured(data)
    with caplog.at_level(logging.WARNING):
        door = Door(data)
        door.tokens = tokens
        try:
            until(lambda: "settled.figure" in caplog.text and "settled.hub_performance" in caplog.text)
            until(lambda: 999 not in [it["hd_01"] for it in door.get("/v1/views/hub_performance").body["rows"]])
        finally:
            door.close()
