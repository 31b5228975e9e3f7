"""`sagwan check` and `sagwan edition`, with a server and without one."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tests.api.door import Door
from tests.api.half_year import POPULATION, HalfYear, taken
from tests.commands import command


def closed_check(door: Door) -> HalfYear:
    """A check that is closed and not yet published."""
    it = HalfYear(door)
    it.cases("EU-BRU", 3)
    taken(it.open())
    taken(it.cut())
    it.close()
    return it


def run(half: HalfYear, *words: str, token: str = "secretariat", fails: bool = False) -> str:
    done = command(*words, data=half.door.path, token=half.door.tokens[token])
    assert done.returncode == (1 if fails else 0), done.output
    return done.output


def test_a_check_is_published_shown_and_reproduced_on_the_command_line(door: Door) -> None:
    half = closed_check(door)
    assert "2025S1 CLOSED" in run(half, "check", "status", "2025S1")
    digest = half.figures("EU-BRU")["digest"]
    assert digest in run(half, "check", "figures", "2025S1", "--hub", "EU-BRU")
    assert digest in run(half, "check", "figures", "2025S1")
    published = run(half, "edition", "publish", "2025S1")
    assert published == run(half, "edition", "publish", "2025S1")
    shown = msgspec.json.decode(run(half, "edition", "show", "2025S1/1", "--json"))
    assert shown["digest"] in published
    assert shown["digest"] in run(half, "edition", "list")
    made = run(half, "edition", "reproduce", "2025S1/1")
    assert "reproduced: 2025S1/1" in made
    assert "its checkpoint is in the sealed tree" in made
    words = ("check", "sample", POPULATION.format(hub="EU-BRU"), "--seed", "7", "--size", "2")
    drawn = run(half, *words)
    assert drawn == run(half, *words, "--position", drawn.split("position ")[1].split(",")[0])


def test_the_report_of_an_edition_is_written_with_a_server_and_without_one(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    half = closed_check(door)
    half.publish()
    first = {"html": b"<!doctype html>", "xlsx": b"PK", "hwpx": b"PK", "json": b"{"}
    for suffix, start in first.items():
        assert "2025S1/1 is in" in run(half, "edition", "show", "2025S1/1", "-o", f"{tmp_path}/asked.{suffix}")
        assert (tmp_path / f"asked.{suffix}").read_bytes().startswith(start)
    door.close()
    for suffix, start in first.items():
        run(half, "edition", "show", "2025S1/1", "-o", f"{tmp_path}/local.{suffix}")
        assert (tmp_path / f"local.{suffix}").read_bytes().startswith(start)
    assert (tmp_path / "local.json").read_bytes() == (tmp_path / "asked.json").read_bytes()
    refused = run(half, "edition", "show", "2025S1/1", "-o", f"{tmp_path}/report.pdf", fails=True)
    assert "json, html, xlsx, hwpx, not as pdf" in refused


def test_without_a_server_the_folder_answers_the_same(tmp_path: Path) -> None:
    door = Door(tmp_path / "data")
    half = closed_check(door)
    half.publish()
    asked = (
        ("edition", "show", "2025S1/1", "--json"),
        ("check", "status", "2025S1", "--json"),
        ("check", "figures", "2025S1", "--json"),
        ("indicator", "HD-01", "--known", "2025S1/1", "--format", "csv"),
    )
    served = [run(half, *words) for words in asked]
    door.close()
    assert [run(half, *words) for words in asked] == served
    assert "reproduced: 2025S1/1" in run(half, "edition", "reproduce", "2025S1/1")
    assert "there is no edition 2025S1/7" in run(half, "edition", "show", "2025S1/7", fails=True)
