"""Evidence packs of a simulated year: proven by a bare Python, the same bytes whenever they are made."""

from __future__ import annotations

import asyncio
import csv
import functools
import hashlib
import io
import json
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet
import pytest
from rich.console import Console

from api import demo
from domain.facts.helpdesk import CaseOpened
from journal.log.note import SigningKey
from journal.log.sealer import Sealer, SealFolder
from journal.store.journal import Journal
from projections import figures as evidence
from projections.definitions import FORMERLY, HERE, INDICATORS, VERSIONS
from projections.mirror.files import open_mirror
from projections.mirror.mirror import Mirror
from replay.pack import extracts, pack
from replay.pack.archive import Archive
from replay.pack.verifier.verify import AGGREGATE
from tests.mirrors import empty
from tests.projections.histories import History
from tests.replay.test_verifier import checked


class Told(NamedTuple):
    """A record of some hundred events that is sealed; `middle` is a position in its past."""

    journal: Journal
    mirror: Mirror
    sealer: Sealer
    key: SigningKey
    position: int
    middle: int


def made(told: Told, position: int, *codes: str) -> bytes:
    """A pack, made now."""
    assert told.sealer.current
    ranks = told.sealer.current.ranks
    signed = told.sealer.sign
    keys = [str(told.key.verifier)]
    record = pack.PackSource(
        told.journal.entries, lambda last: told.sealer.at(ranks.upto(last)), keys, signed, lambda *_: "kept"
    )
    sink = io.BytesIO()
    with told.mirror.reading(position) as reading:
        pack.write_pack(sink, record, reading, [INDICATORS[it] for it in codes])
    return sink.getvalue()


packed = functools.cache(made)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("told")
    asyncio.run(demo.run(folder / "data", Console(file=io.StringIO()), seed=7, once=True, scale=0.05))
    key = SigningKey.generate("record.example")
    with Journal.at(folder / "data" / "journal.db") as journal:
        sealer = Sealer(journal.entries, SealFolder(folder / "seal", write=True), [key])
        sealer.start()
        assert sealer.wait(journal.position, 10)
        mirror = open_mirror(folder / "data", journal.page)
        yield Told(journal, mirror, sealer, key, journal.position, journal.position // 2)
        mirror.close()
        sealer.stop()


@pytest.fixture(scope="module")
def whole(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "pack.zip"
    path.write_bytes(packed(told, told.position))
    return path


ALONE = """
import runpy, socket, sys
def refuse(*_, **__): raise OSError("there is no network here")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
for name in ("sagwan", "replay", "journal", "duckdb", "msgspec", "pyarrow"):
    try: __import__(name)
    except ImportError: pass
    else: sys.exit(f"{name} is here")
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def alone(auditor: Path, folder: Path, *words: str) -> tuple[int, str]:
    """`verify.py` of an unpacked pack, run by a bare Python without network."""
    command = [str(auditor), "-I", "-c", ALONE, "verify.py", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_pack_verifies_with_a_bare_python_without_network(
    told: Told, whole: Path, auditor: Path, tmp_path: Path
) -> None:
    zipfile.ZipFile(whole).extractall(tmp_path)
    key = ("--key", str(told.key.verifier))
    code, said = alone(auditor, tmp_path, *key)
    assert code == 0, said
    assert f"ok     {told.position} events make the signed root" in said
    assert alone(auditor, tmp_path, str(whole), *key)[0] == 0
    spoilt = (tmp_path / "events.ndjson").read_bytes().replace(b"case.opened", b"case.closed", 1)
    (tmp_path / "events.ndjson").write_bytes(spoilt)
    code, said = alone(auditor, tmp_path, *key)
    assert code == 1
    assert "events.ndjson is not the file that the manifest lists" in said
    assert "first wrong place: position" in said


def test_without_cryptography_the_verifier_says_so(whole: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(whole).extract("verify.py", tmp_path)
    venv.create(tmp_path / "venv", with_pip=False)
    command: list[str | Path] = [tmp_path / "venv/bin/python", "-I", tmp_path / "verify.py", whole]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "signatures need the package `cryptography`: pip install cryptography" in done.stdout


def test_every_formula_that_an_event_names_is_that_of_files_in_the_pack(told: Told, whole: Path) -> None:
    archive = zipfile.ZipFile(whole)
    entries = [json.loads(line)["entry"] for line in archive.read("events.ndjson").splitlines()]
    acts = {
        (it["stream"].removeprefix("indicator:"), it["fact"]["version"]): it["fact"]["formula"]
        for it in entries
        if it["fact"]["type"] == "indicator.defined" and "formula" in it["fact"]
    }
    assert acts.keys() == VERSIONS.keys()
    for (code, version), formula in acts.items():
        at = f"sql/indicators/{VERSIONS[code, version].column}/{version}"
        text = archive.read(f"{at}.toml") + archive.read(f"{at}.sql")
        assert hashlib.sha256(text).hexdigest() == formula, code
        for digest in VERSIONS[code, version].formerly:  # what a record of an earlier release names
            before = archive.read(f"sql/formerly/{digest}.sql")
            assert hashlib.sha256(before).hexdigest() == digest
            assert before.endswith(archive.read(f"{at}.sql"))


def test_the_verifier_reads_how_amounts_are_put_together_in_packs_of_before_too() -> None:
    for it in VERSIONS.values():
        toml = (HERE / "indicators" / it.column / f"{it.version}.toml").read_text(encoding="utf-8")
        for text in (toml, *(FORMERLY[digest].decode() for digest in it.formerly)):
            found = AGGREGATE.search(text)
            assert found, it.code
            assert (found[1] or found[2]) == it.aggregate


def test_the_same_position_makes_the_same_bytes(told: Told, whole: Path) -> None:
    assert made(told, told.position) == whole.read_bytes()


def test_a_pack_of_the_past_is_the_pack_that_was_made_then(told: Told, tmp_path: Path) -> None:
    """The record is copied up to a position, sealed with the same key and packed; then compared."""
    with Journal.at(tmp_path / "journal.db", write=True) as then:
        rows = told.journal.entries.rows(0, told.middle)
        with then.entries.datastore.transaction(commit=True) as cursor:  # type: ignore[attr-defined]
            for row, beside in zip(rows, told.journal.entries.columns(0, told.middle), strict=True):
                values = (row.position, beside.stream, beside.version, row.type, row.entry)
                cursor.execute("INSERT INTO stored_events VALUES (?, ?, ?, ?, ?)", values)
        sealer = Sealer(then.entries, SealFolder(tmp_path / "seal", write=True), [told.key])
        sealer.start()
        assert sealer.wait(told.middle, 10)
        mirror = open_mirror(tmp_path, then.page)
        past = Told(then, mirror, sealer, told.key, told.middle, 0)
        assert made(past, told.middle) == packed(told, told.middle)
        mirror.close()
        sealer.stop()


def test_a_part_holds_the_events_behind_a_figure_each_with_its_proof(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "part.zip"
    path.write_bytes(packed(told, told.position, "EX-01"))
    code, said = checked(path, "--key", told.key.verifier)
    assert code == 0, said
    part = zipfile.ZipFile(path)
    lines = [json.loads(line) for line in part.read("events.ndjson").splitlines()]
    assert 0 < len(lines) < told.position
    behind = {int(row["position"]) for row in rows_of(part, "evidence/EX-01.csv")}
    assert behind <= {line["position"] for line in lines}
    assert {line["entry"]["stream"].partition(":")[0] for line in lines} == {"exchange", "hub"}
    assert {row["code"] for row in rows_of(part, "figures/figures.csv")} == {"EX-01"}


AGAIN = """
import duckdb, pathlib
duckdb.execute("SET enable_progress_bar = false")
sql = open("sql/again.sql").read()
found = [len(duckdb.execute(sql).fetchall())]
figures = pathlib.Path("figures/figures.csv")
rows = figures.read_text("utf-8").splitlines(keepends=True)
figures.write_text("".join([*rows[:5], *rows[6:]]), "utf-8")
found.append(len(duckdb.execute(duckdb.extract_statements(sql)[-1]).fetchall()))
print(*found)
"""
"""How many figures differ from those of a pack; and how many once one of them is taken out, by the last statement: the
tables before it stand already."""


@pytest.mark.parametrize("past", [False, True])
def test_plain_duckdb_makes_the_figures_again_out_of_the_events(told: Told, past: bool, tmp_path: Path) -> None:
    zipfile.ZipFile(io.BytesIO(packed(told, told.middle if past else told.position))).extractall(tmp_path)
    command = [sys.executable, "-I", "-c", AGAIN]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert done.stdout.split() == ["0", "1"], done.stderr


def rows_of(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


def extract(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(f"ads/{name}.txt").decode(), newline=""), delimiter="|"))


@pytest.mark.parametrize("past", [False, True])
def test_the_figures_are_those_of_the_server_as_of_the_position(told: Told, past: bool, tmp_path: Path) -> None:
    position = told.middle if past else told.position
    archive = zipfile.ZipFile(io.BytesIO(packed(told, position)))
    shown = {(it["code"], it["hub"], it["period"]): (it["value"], it["evidence"]) for it in json_of(archive)}
    text = {(it["code"], it["hub"], it["period"]): it["value"] for it in rows_of(archive, "figures/figures.csv")}
    asked = {}
    with told.mirror.reading(position) as reading:
        for it in INDICATORS.values():
            for row in evidence.figures(reading, it, ("hub", "period")).to_pylist():
                value = None if row["value"] is None else float(row["value"])
                asked[it.code, row["hub"], row["period"]] = (value, row["evidence"])
    assert shown == asked
    assert {at: float(value) if value else None for at, value in text.items()} == {
        at: it[0] for at, it in asked.items()
    }


def json_of(archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(archive.read("figures/figures.json"))
    return found


def test_the_evidence_adds_up_to_the_figures_and_is_in_the_events(told: Told, whole: Path) -> None:
    archive = zipfile.ZipFile(whole)
    events = {json.loads(line)["position"] for line in archive.read("events.ndjson").splitlines()}
    for code in INDICATORS:
        rows = rows_of(archive, f"evidence/{code}.csv")
        table = pyarrow.parquet.read_table(io.BytesIO(archive.read(f"evidence/{code}.parquet")))
        assert len(rows) == table.num_rows == sum(it["evidence"] for it in json_of(archive) if it["code"] == code)
        assert {int(row["position"]) for row in rows} <= events


def test_events_as_parquet_say_what_the_ndjson_says(told: Told, whole: Path) -> None:
    archive = zipfile.ZipFile(whole)
    table = pyarrow.parquet.read_table(io.BytesIO(archive.read("events.parquet")))
    assert table.num_rows == told.position
    for row, line in zip(table.to_pylist(), archive.read("events.ndjson").splitlines(), strict=True):
        assert line == b'{"position":%d,"entry":%s}' % (row["position"], row["entry"].encode())


def test_control_totals_agree_with_the_extracts(whole: Path) -> None:
    archive = zipfile.ZipFile(whole)
    totals = extract(archive, "control_totals")
    sorts = {(it["table"], it["field"]): it["sort"] for it in extract(archive, "field_definitions")}
    contents = {it["table"]: int(it["rows"]) for it in extract(archive, "contents")}
    assert set(contents) == set(extracts.TABLES)
    tables = {name: extract(archive, name) for name in contents}
    assert contents == {name: len(rows) for name, rows in tables.items()}
    assert len(totals) == len(sorts)
    for it in totals:
        values = [row[it["field"]] for row in tables[it["table"]]]
        filled = [value for value in values if value]
        assert (int(it["rows"]), int(it["filled"])) == (len(values), len(filled)), it
        sort = sorts[it["table"], it["field"]]
        if sort in ("integer", "number"):
            numbers = [Decimal(value) for value in filled]
            assert Decimal(it["sum"] or 0) == sum(numbers), it
            assert [Decimal(it[end]) if it[end] else None for end in ("least", "greatest")] == (
                [min(numbers), max(numbers)] if numbers else [None, None]
            )
        elif sort in ("date", "datetime"):
            assert (it["least"], it["greatest"]) == (min(filled, default=""), max(filled, default="")), it
        else:
            assert it["sum"] == it["least"] == it["greatest"] == ""


def test_extracts_keep_values_that_hold_the_delimiter() -> None:
    history, mirror = History(), empty()
    history.add("case:1", CaseOpened(topic='say "a|b"\n비자'))
    mirror.apply(history.page())
    with mirror.reading() as reading:
        pieces = dict(extracts.extract_files(reading))["case_opened"]
        text = b"".join(pieces).decode()
    assert '|"say ""a|b""\n비자"|' in text
    (row,) = csv.DictReader(io.StringIO(text, newline=""), delimiter="|")
    assert row["topic"] == 'say "a|b"\n비자'


def test_the_manifest_and_the_readmes_say_what_is_there(told: Told, whole: Path) -> None:
    archive = zipfile.ZipFile(whole)
    manifest = json.loads(archive.read("manifest.json"))
    assert set(manifest["files"]) == set(archive.namelist()) - {"manifest.json"}
    assert (manifest["position"], manifest["entries"], manifest["complete"]) == (told.position, told.position, True)
    for language in ("ko", "en"):
        text = archive.read(f"README.{language}.md").decode()
        assert manifest["files"]["verify.py"]["sha256"] in text
        assert f"{told.position:,}" in text
        assert "$" not in text


def test_an_archive_hides_where_it_was_written(tmp_path: Path) -> None:
    made = io.BytesIO()
    with (tmp_path / "a.zip").open("wb") as file:
        for sink in (made, file):
            archive = Archive(sink)
            archive.add("a/b.txt", [b"one", b"two"])
            archive.close()
    assert (tmp_path / "a.zip").read_bytes() == made.getvalue()
    assert zipfile.ZipFile(made).read("a/b.txt") == b"onetwo"
