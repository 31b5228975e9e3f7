"""Every file of a data folder, harmed while no server ran: told, healed or refused, never served as sound.

SAGWAN_TRIALS=all runs every single harm and many more pairs.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest

from api.reader import RecordReader
from api.serve import serving
from journal.folder import Folder
from tests.api.door import Door, opened
from tests.replay.trials import harmed, trials

IGNORED = {"lock", "server.json"}
"""Made anew by every server; they say nothing of the record."""


class Left:
    """A folder as a server left it, the same some entries before, and what it answered."""

    def __init__(self, folder: Path) -> None:
        self.data, self.older = folder / "data", folder / "older"
        door = Door(self.data)
        wish = {"role": "auditor", "persons": "all"}
        self.tokens = door.tokens | {"auditor": door.ask("POST", "/v1/tokens", wish, who="operator").body["token"]}
        kim = {"reference": "kim", "name_ko": "김"}
        self.kim = door.ask("POST", "/v1/persons", kim, who="EU-BRU").body["pseudonym"]
        door.post([opened(f"case:{n}", f"o{n}") for n in range(10)])
        door.close()
        shutil.copytree(self.data, self.older)
        door = Door(self.data)
        door.tokens = self.tokens
        door.ask("POST", f"/v1/persons/{self.kim}", kim | {"name_ko": "김영"}, who="EU-BRU")
        door.post([opened(f"case:{n}", f"o{n}") for n in range(10, 20)])
        self.position = door.engine.journal.position
        self.expected = self.asked(door.get)
        door.close()

    def asked(self, get: Any) -> list[Any]:
        cases = get(f"/v1/views/cases?after={self.position}", who="auditor").body["rows"]
        events = get("/v1/events?limit=1000", who="auditor").body["events"]
        person = get(f"/v1/persons/{self.kim}?purpose=x", who="auditor").body["person"]
        return [cases, [it for it in events if it["position"] <= self.position], person]

    @property
    def files(self) -> list[str]:
        found = [it.relative_to(self.data).as_posix() for it in self.data.rglob("*") if it.is_file()]
        return sorted({*found} - IGNORED)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    return Left(tmp_path_factory.mktemp("left"))


def outcome(left: Left, data: Path, log: list[logging.LogRecord]) -> str:
    """What becomes of a harmed folder: refused, told, healed, or `served as sound`."""

    async def served() -> str:
        async with serving(data, None, "127.0.0.1", 0) as (url, _, engine):
            reader = _Reader(url, left.tokens)
            ready = await asyncio.to_thread(reader.get, "/readyz", who="auditor")
            try:
                await engine.caught_up(engine.journal.position)
                answers = await asyncio.to_thread(left.asked, reader.get)
            except Exception:  # an error is an answer that nobody takes for sound
                return "told"
            if ready.status != 200:
                return "told"
            return "healed" if answers == left.expected else "other"

    try:
        found = asyncio.run(served())
    except Exception as refusal:
        return f"refused: {type(refusal).__name__}"
    if found == "healed" or found == "told":
        return found
    if any(it.levelno >= logging.WARNING for it in log):
        return "told"
    try:
        wrong = RecordReader(data, None, None).verify(lambda *_: None).differences
    except Exception:
        return "told"
    return "told" if wrong else "served as sound"


class _Reader(Door):
    """A door to a server that somebody else runs."""

    def __init__(self, url: str, tokens: dict[str, str]) -> None:
        self.url, self.tokens = url, tokens


def test_a_folder_that_nobody_touched_is_served(left: Left, tmp_path: Path) -> None:
    shutil.copytree(left.data, tmp_path / "copy")
    assert outcome(left, tmp_path / "copy", []) == "healed"


def test_whatever_is_done_to_the_files_of_a_folder_is_told_healed_or_refused(
    left: Left, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for n, harms in enumerate(trials(left.files, 5, "folders")):
        copy = tmp_path / f"copy-{n}"
        shutil.copytree(left.data, copy)
        caplog.clear()
        if harmed(copy, left.older, harms, str(n)):
            found = outcome(left, copy, caplog.records)
            print(*map(str, harms), found, sep="; ")
            assert found != "served as sound", harms
        shutil.rmtree(copy)


def test_a_journal_that_is_gone_is_not_begun_anew_beside_what_belongs_to_it(left: Left, tmp_path: Path) -> None:
    for name in ("log", "mirror-1.duckdb.mark"):
        copy = tmp_path / name
        shutil.copytree(left.data, copy)
        for path in copy.glob("journal.db*"):
            path.unlink()
        if (copy / name).is_dir():
            shutil.rmtree(copy / name)
        assert outcome(left, copy, []) == "refused: SealLost"


@pytest.mark.parametrize("name", ["last-use.json", "server.json", "log/head"])
def test_what_says_nothing_of_the_record_and_is_no_text_holds_up_no_server(
    left: Left, tmp_path: Path, name: str
) -> None:
    shutil.copytree(left.data, tmp_path / "copy")
    (tmp_path / "copy" / name).write_bytes(b'{"c-\xf9":"\xf9"}')
    assert Folder(tmp_path / "copy").owner() is None
    assert outcome(left, tmp_path / "copy", []) == "healed"
