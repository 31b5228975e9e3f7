"""The pack of an edition of a simulated year: whatever has a figure is made again out of its entries."""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from eventsourcing.persistence import StoredEvent
from rich.console import Console

from api import demo
from domain.check import CheckClosed, CheckOpened, CutoffFixed, EditionPublished
from domain.period import HalfYear
from domain.record import Entry, Fact
from domain.streams import tag
from journal.journal import Journal
from journal.note import SigningKey
from journal.seal import Sealer, SealFolder
from projections.evidence import INDICATORS
from projections.making import open_mirror
from replay import pack
from replay.editions import check_of, checkpoint_digest, content_of, cut_of, find, key_of
from replay.figures import Abacus
from replay.report import as_published
from tests.replay.test_verifier import checked

PERIOD = HalfYear(2025, 2)


def act(journal: Journal, version: int, fact: Fact) -> None:
    """Straight into the record: the rules that judge acts are tried elsewhere."""
    now = datetime(2026, 7, 1, tzinfo=UTC)
    entry: Entry[Any] = Entry(
        stream=f"check:{PERIOD}", version=version, occurred_at=now, recorded_at=now, hub="", actor="c-test",
        role="secretariat", source="test", id=f"check-{version}", salt="00" * 16, fact=fact,
    )  # fmt: skip
    stored = StoredEvent(entry.stream, version, tag(fact), msgspec.json.encode(entry))
    journal.entries.insert_events([stored], identities=[(entry.source, entry.id)])


def seal(journal: Journal, folder: Path, key: SigningKey) -> Sealer:
    """All of the record, sealed."""
    it = Sealer(journal.entries, SealFolder(folder, write=True), [key])
    it.resume()
    it.start()
    it.stop()
    return it


def ranked(sealer: Sealer, position: int) -> int:
    assert sealer.current
    return sealer.current.ranks.upto(position)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack of an edition of all hubs and indicators, with the log's key beside it."""
    folder = tmp_path_factory.mktemp("edition")
    asyncio.run(demo.run(folder / "data", Console(file=io.StringIO()), seed=7, once=True, scale=0.2))
    key = SigningKey.generate("record.example")
    with Journal.at(folder / "data" / "journal.db", write=True) as journal:
        hubs = tuple(it.partition(":")[2] for it in journal.entries.streams("hub"))
        versions = {code: it.version for code, it in INDICATORS.items()}
        act(journal, 1, CheckOpened(period=str(PERIOD), due_on=date(2026, 1, 15), hubs=hubs, indicators=versions))
        act(journal, 2, CutoffFixed(valid_cutoff=PERIOD.last_moment, position=journal.position))
        act(journal, 3, CheckClosed(without=hubs))
        mirror = open_mirror(folder / "data", journal.page)
        cut, abacus = cut_of(check_of(journal, str(PERIOD))), Abacus(mirror.reading)
        sealed = seal(journal, folder / "seal", key)
        there = checkpoint_digest(sealed.at(ranked(sealed, cut.position)).checkpoint)
        made = key_of(mirror.reading, cut, there)
        act(journal, 4, EditionPublished(key=made, digest=content_of(abacus, made).digest))
        mirror.apply(journal.page(mirror.position, 10))
        sealed = seal(journal, folder / "seal", key)
        record = pack.Record(journal.entries, lambda upto: sealed.at(ranked(sealed, upto)), [str(key.verifier)])
        report = as_published(journal, abacus, str(PERIOD), find(journal, str(PERIOD), 1))
        sink = io.BytesIO()
        with mirror.reading(made.position, made.valid_cutoff, made.fx) as reading:
            pack.write_edition(sink, record, report, reading)
        mirror.close()
    zipfile.ZipFile(sink).extractall(folder / "pack")
    (folder / "key").write_text(str(key.verifier))
    return folder / "pack"


def test_every_figure_of_every_indicator_has_its_entries_and_is_made_again(unpacked: Path) -> None:
    code, said = checked(unpacked, "--key", (unpacked.parent / "key").read_text())
    assert code == 0, said
    found = re.search(r"ok     (\d+) figures have their entries under evidence/, (\d+) are made again", said)
    assert found, said
    counted, again = int(found[1]), int(found[2])
    content = json.loads((unpacked / "edition/content.json").read_text())
    diversity = [it for it in content["figures"] if it["indicator"] == "NW-01"]
    assert counted == sum(not it.get("withheld") for it in content["figures"])
    assert again == counted - len(diversity), "one aggregate is left to sql/again.sql"
    told = {it["indicator"] for it in content["figures"] if it["value"] is not None}
    assert len(told) > 20


def test_plain_duckdb_makes_all_of_them_again(unpacked: Path) -> None:
    script = "import duckdb, sys; sys.exit(len(duckdb.execute(open('sql/again.sql').read()).fetchall()))"
    done = subprocess.run([sys.executable, "-I", "-c", script], cwd=unpacked, timeout=60, check=False)
    assert done.returncode == 0


def test_an_edition_of_thousands_of_entries_holds_each_once(unpacked: Path) -> None:
    lines = (unpacked / "events.ndjson").read_bytes().splitlines()
    positions = [json.loads(line)["position"] for line in lines]
    assert positions == sorted({*positions})
    behind = {
        int(line.split(",", 1)[0])
        for path in (unpacked / "evidence").glob("*.csv")
        for line in path.read_text(encoding="utf-8-sig").splitlines()[1:]
    }
    assert behind <= {*positions}
