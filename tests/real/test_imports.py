"""Real logs that nobody here wrote go in through the same door, and every row and fact is accounted for."""

from __future__ import annotations

import asyncio
import csv
import gzip
import os
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from api.hub.client import ImportAccount, dry_run, import_file
from projections.mirror.mirror import Mirror
from tests.api.door import Door

DATA = Path(os.environ.get("SAGWAN_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
MAPPINGS = Path(__file__).parent / "mappings"
QUIET = Console(quiet=True)

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real data is not here (SAGWAN_SHARED_DATA names its folder)"
)


class Imported:
    """A record into which the files of one source were imported."""

    def __init__(self, folder: Path, mapping: str, *files: str) -> None:
        self.folder, self.mapping, self.files = folder, MAPPINGS / f"{mapping}.toml", [DATA / name for name in files]
        self.door = Door(folder / "data")
        self._shown: dict[str, list[dict[str, Any]]] = {}
        self.accounts = self.once_more()
        self.head = self.door.get("/readyz").body["position"]

    def once_more(self) -> list[ImportAccount]:
        token = self.door.tokens["EU-BRU"]
        return [
            asyncio.run(import_file(it, self.mapping, self.folder / "outbox.db", self.door.url, token, console=QUIET))
            for it in self.files
        ]

    def rows(self, view: str, **more: str) -> list[dict[str, Any]]:
        """The rows as of `head`, asked for once."""
        path = f"/v1/views/{view}?{urlencode({'after': self.head, **more})}"
        if path not in self._shown:
            self._shown[path] = self.door.get(path, who="auditor").body["rows"]
        return self._shown[path]

    def irregular(self, code: str) -> set[str]:
        return {row["stream"] for row in self.rows("irregularities") if row["code"] == code}

    def facts(self) -> Counter[str]:
        entries = self.rows("audit_trail", fields="type,source")
        return Counter(row["type"] for row in entries if row["source"].startswith("hub:"))


def read(*files: str) -> list[list[str]]:
    """The rows of files, header left out, by other code than the import's."""
    found: list[list[str]] = []
    for name in files:
        with (
            gzip.open(DATA / name, "rt", encoding="utf-8-sig", newline="")
            if name.endswith("gz")
            else open(DATA / name, encoding="utf-8-sig", newline="") as file
        ):
            found += list(csv.reader(file))[1:]
    return found


def named(name: str) -> list[dict[str, str]]:
    with (
        gzip.open(DATA / name, "rt", encoding="utf-8-sig", newline="")
        if name.endswith("gz")
        else open(DATA / name, encoding="utf-8-sig", newline="") as file
    ):
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Imported]]:
    made: dict[str, Imported] = {}

    def once(mapping: str, *files: str) -> Imported:
        if mapping not in made:
            made[mapping] = Imported(tmp_path_factory.mktemp(mapping), mapping, *files)
        return made[mapping]

    yield once
    for it in made.values():
        it.door.close()


HELPDESK = ("helpdesk_italian", "helpdesk_italian/helpdesk.csv")
INCIDENTS = ("bpic2013_incidents", "bpic2013_incidents/bpic2013_incidents.csv")
INTERNATIONAL = ("bpic2020_international", "bpic2020_travel/InternationalDeclarations.csv.gz")
PERMITS = ("bpic2020_permits", "bpic2020_travel/PermitLog.csv.gz")
CORDIS = ("cordis_plus", *(f"cordis_plus/cordis-plus-{it}.csv" for it in (2007, 2014, 2022, 2023)))
SOURCES = [HELPDESK, INCIDENTS, INTERNATIONAL, PERMITS, CORDIS]


@pytest.mark.parametrize("source", SOURCES, ids=lambda it: it[0])
def test_every_row_and_every_fact_is_accounted_for_and_again_nothing_is_new(imported, source):
    it = imported(*source)
    for account, file in zip(it.accounts, source[1:], strict=True):
        assert account.rows == len(read(file))
        assert account.rows == account.used + sum(account.filtered.values())
        assert account.facts == account.recorded + account.duplicates + len(account.refused)
        assert account.refused == []
    recorded = sum(account.recorded for account in it.accounts)
    assert sum(it.facts().values()) == recorded
    again = it.once_more()
    assert [(a.recorded, a.duplicates) for a in again] == [(0, a.facts) for a in it.accounts]
    it.head = it.door.get("/readyz").body["position"]  # the record may have kept a checkpoint of its own meanwhile
    assert sum(it.facts().values()) == recorded


def test_a_dry_run_says_the_same_and_sends_nothing(imported):
    it = imported(*HELPDESK)
    account = dry_run(it.files[0], it.mapping, console=QUIET)
    assert (account.rows, account.used, account.facts) == (21_348, it.accounts[0].used, it.accounts[0].facts)
    it.head = it.door.get("/readyz").body["position"]
    assert sum(it.facts().values()) == it.accounts[0].recorded


def test_helpdesk_cases_agree_with_the_file(imported):
    it, rows = imported(*HELPDESK), read(HELPDESK[1])
    cases = it.rows("cases")
    assert len(cases) == len({row[0] for row in rows}) == 4_580
    assert all(row["opened_at"] for row in cases)
    distinct = set(map(tuple, rows))
    kinds = Counter(row[1] for row in distinct)
    facts = it.facts()
    assert facts["case.opened"] == 4_580
    assert facts["case.closed"] == kinds["Closed"]
    assert facts["case.resolved"] == kinds["Resolve ticket"]
    closed = {row[0] for row in rows if row[1] == "Closed"}
    assert len([row for row in cases if row["closed_at"]]) == len(closed)
    resolved = Counter(row[0] for row in distinct if row[1] == "Resolve ticket")
    again = it.irregular("case.resolved_again")
    assert len(again) == sum(count > 1 for count in resolved.values()) == 302


def test_helpdesk_times_are_those_of_the_stated_zone(imported):
    it, rows = imported(*HELPDESK), read(HELPDESK[1])
    earliest: dict[str, str] = {}
    for row in rows:
        earliest[row[0]] = min(earliest.get(row[0], "9"), row[3])
    for case in it.rows("cases"):
        local = earliest[case["stream"].replace("case:Case-", "Case ")].replace("/", "-")
        told = datetime.fromisoformat(case["opened_at"])
        assert told == datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Rome"))


def test_incidents_open_resolve_and_reopen_as_in_the_file(imported):
    it, rows = imported(*INCIDENTS), read(INCIDENTS[1])
    facts = it.facts()
    assert len(it.rows("cases")) == len({row[0] for row in rows}) == 7_554
    assert facts["case.opened"] == 7_554
    ended = {row[0] for row in rows if row[1] in ("Completed+Closed", "Completed+Cancelled")}
    assert len([row for row in it.rows("cases") if row["closed_at"]]) == len(ended)
    assert facts["case.clock_stopped"] == sum(row[1].startswith("Accepted+Wait") for row in rows)


def test_the_people_of_incidents_have_a_pseudonym_each_and_their_names_are_in_no_file(imported, tmp_path):
    it, rows = imported(*INCIDENTS), read(INCIDENTS[1])
    users = {f"{case}/{task}/{when}/case.assigned": user for case, task, user, when in rows}
    told: dict[str, set[str]] = defaultdict(set)
    after: int | None = 0
    while after is not None:
        page = it.door.get(f"/v1/events?limit=10000&type=case.assigned&after={after}").body
        for event in page["events"]:
            told[users[event["entry"]["id"]]].add(event["entry"]["fact"]["assignee"])
        after = page["next"]
    assert len(told) > 1_000
    assert all(len(pseudonyms) == 1 for pseudonyms in told.values())
    assert len({pseudonym for (pseudonym,) in told.values()}) == len(told)
    issued = it.door.get(f"/v1/views/persons?after={it.head}", who="auditor").body["rows"]
    assert {row["pseudonym"] for row in issued} == {pseudonym for (pseudonym,) in told.values()}
    files = [path for path in it.folder.rglob("*") if path.is_file()]
    assert {"outbox.db", "journal.db", "vault.db"} < {path.name for path in files}
    Mirror(nobody := tmp_path / "nobody.duckdb").close()
    ours = nobody.read_bytes()  # a name may be a word of ours: somebody is called Partner
    names = {row[2] for row in rows if len(row[2]) > 5 and row[2].encode() not in ours}
    assert len(names) > 900
    (tmp_path / "names").write_text("\n".join(names), encoding="utf-8")
    (tmp_path / "with one").write_bytes(b"\0Frederic\0")
    # A thousand names in a hundred megabytes: grep looks for all of them at once.
    searching = ["grep", "-aFlf", tmp_path / "names", tmp_path / "with one", *files]
    found = subprocess.run(searching, env={"LC_ALL": "C"}, capture_output=True, text=True, check=False).stdout
    assert found.splitlines() == [str(tmp_path / "with one")]
    wish = {"role": "auditor", "persons": "all"}
    auditor = it.door.ask("POST", "/v1/tokens", wish, who="operator").body["token"]
    (pseudonym,) = told["Frederic"]
    shown = it.door.ask("GET", f"/v1/persons/{pseudonym}?purpose=audit", None, who=auditor)
    assert shown.body["person"] == {"reference": "Frederic"}


def trips(name: str, case: str) -> dict[str, dict[str, list[datetime]]]:
    found: dict[str, dict[str, list[datetime]]] = defaultdict(lambda: defaultdict(list))
    for row in named(name):
        activity = "accepted" if row["concept:name"].startswith("Permit FINAL_APPROVED") else row["concept:name"]
        found[row[case]][activity].append(datetime.fromisoformat(row["time:timestamp"]))
    return found


@pytest.mark.parametrize(
    ("source", "before", "never"),
    [(INTERNATIONAL, 1_094, 446), (PERMITS, None, None)],
    ids=["international", "permits"],
)
def test_trips_and_what_is_irregular_about_them_agree_with_the_file(imported, source, before, never):
    it, told = imported(*source), trips(source[1], "case:concept:name")
    exchanges = {row["stream"].partition(":")[2]: row for row in it.rows("exchanges")}
    assert len(exchanges) == len(told)
    early = {case for case, did in told.items() if did["accepted"] and min(did["Start trip"]) < max(did["accepted"])}
    unaccepted = {case for case, did in told.items() if not did["accepted"]}
    found = [it.irregular(f"exchange.departed_{what}") for what in ("before_acceptance", "unaccepted")]
    assert [len(streams) for streams in found] == [len(early), len(unaccepted)]
    if before is not None:
        assert (len(early), len(unaccepted)) == (before, never)
    amsterdam = ZoneInfo("Europe/Amsterdam")
    for case, did in told.items():
        first, last = (did[name][0].astimezone(amsterdam).date().isoformat() for name in ("Start trip", "End trip"))
        assert (exchanges[case]["departed_on"], exchanges[case]["returned_on"]) == (first, last)


def test_an_event_of_a_permit_is_told_under_each_of_its_declarations(imported):
    it, rows = imported(*INTERNATIONAL), named(INTERNATIONAL[1])
    ids = Counter(row["id"] for row in rows)
    assert len(rows) - len(ids) == 2_905
    assert it.facts()["exchange.departed"] == 6_323


def test_projects_agree_with_the_files(imported):
    it = imported(*CORDIS)
    rows = [row for name in CORDIS[1:] for row in named(name)]
    projects = {row["stream"].partition(":")[2]: row for row in it.rows("projects")}
    assert len(projects) == len({row["project_id"] for row in rows}) == 4_410
    today = datetime.now(ZoneInfo("Europe/Brussels")).date().isoformat()
    started = {row["project_id"] for row in rows if row["start_date"] != "NA" and row["start_date"] <= today}
    ended = {row["project_id"] for row in rows if row["end_date"] != "NA" and row["end_date"] < today}
    assert sum(row["launched_on"] is not None for row in projects.values()) == len(started)
    assert it.facts()["project.completed"] == len(ended)
    # Ninety projects ended before the deadline of the call they answered: a later proposal takes nothing back.
    backwards = {
        row["project_id"]
        for row in rows
        if row["call_deadline_date"] != "NA" and row["call_deadline_date"] > row["end_date"]
    }
    completed = {key.removeprefix("CORDIS-") for key, row in projects.items() if row["status"] == "completed"}
    assert completed == ended
    assert len(backwards & completed) == 90
    signed = {row["project_id"] for row in rows if row["signature_date"] != "NA"}
    assert sum(row["agreed_at"] is not None for row in projects.values()) == len(signed)
    countries = {value for row in projects.values() for value in (row["partners"] or {}).values()}
    assert not countries & {"EL", "UK"}
    assert {"GR", "GB"} <= countries
