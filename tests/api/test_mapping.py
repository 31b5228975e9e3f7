"""What rows state under a mapping, and how a mapping with a mistake says so."""

from __future__ import annotations

import csv
import io
import random
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from api.client import dry_run
from api.mapping import Mapping, MappingError
from api.rows import Table

MANUAL = (Path(__file__).parent.parent.parent / "docs" / "mapping.md").read_text(encoding="utf-8")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEAD = """
[time]
column = "when"
zone = "Asia/Seoul"
[event]
source = "test"
subject = "case:{case}"
id = "{case}/{when}/{fact type}"
"""


def read(mapping: str, text: str, now: datetime = NOW, shuffled: int | None = None):
    """Every row that the text of a table states, in its order or in another."""
    header, *rows = csv.reader(io.StringIO(text.strip()))
    if shuffled is not None:
        random.Random(shuffled).shuffle(rows)
    table = Table(Mapping(mapping), header)
    table.know({name: f"p-{number}" for number, name in enumerate(table.people(rows))})
    seen = table.survey(rows)
    return [table.read(number, cells, seen, now) for number, cells in enumerate(rows, 2)]


def events(rows):
    return [event for row in rows for event in row.events]


def flaws(rows):
    return [flaw for row in rows for flaw in row.flaws]


def test_the_example_of_the_manual_does_what_the_manual_says():
    text, mapping = (re.search(rf"```{kind}\n(.*?)```", MANUAL, re.DOTALL)[1] for kind in ("csv", "toml"))
    rows = read(mapping, text)
    assert not flaws(rows)
    assert [(it.subject, it.type, it.data) for it in events(rows)] == [
        ("case:BR-1", "case.opened", {"topic": "visa"}),
        ("case:BR-1", "case.satisfaction_rated", {"score": 5}),
    ]
    first = events(rows)[0]
    assert (first.time, first.zone, first.imported) == (datetime(2025, 3, 3, tzinfo=UTC), "Asia/Seoul", True)


GROUPS = (
    HEAD
    + """
[file]
activity = "what"
[[fact]]
type = "case.opened"
first_of = "case"
data.topic = "what"
[[fact]]
type = "case.reopened"
after = { group = "case", activity = "done*" }
unless = { what = "done*" }
data.why = { constant = "more" }
[[fact]]
type = "case.resolved"
activity = "done*"
"""
)
GROUPED = """
case,what,when
1,call,2025-01-01T10:00
1,mail,2025-01-01T10:00
1,done,2025-01-02T10:00
1,note,2025-01-02T10:00
1,call,2025-01-03T10:00
2,done at once,2025-01-01T09:00
1,done,2025-01-04T10:00
"""


def test_first_and_after_are_told_by_time_and_one_row_may_state_several_facts():
    rows = read(GROUPS.replace('"{case}/{when}/', '"{case}/{what}/{when}/'), GROUPED)
    told = Counter((it.subject, it.type) for it in events(rows))
    assert told == {
        ("case:1", "case.opened"): 1,
        ("case:1", "case.resolved"): 2,
        ("case:1", "case.reopened"): 1,
        ("case:2", "case.opened"): 1,
        ("case:2", "case.resolved"): 1,
    }
    assert [it.type for it in rows[5].events] == ["case.opened", "case.resolved"]


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_the_rows_changes_nothing_ties_included(seed):
    told = [sorted(events(read(GROUPS, GROUPED, shuffled=it)), key=str) for it in (None, seed)]
    assert told[0] == told[1]


def test_a_preferred_time_column_anywhere_in_the_group_tells_the_time():
    mapping = HEAD.replace('"when"', '["deadline", "when"]').replace("{when}/", "") + (
        '[[fact]]\ntype = "case.opened"\nfirst_of = "case"\ndata.topic = "case"\n'
    )
    (opened,) = events(read(mapping, "case,deadline,when\n1,,2024-01-01\n1,2024-06-01,2024-01-01"))
    assert opened.time.date().isoformat() == "2024-06-01"


TRIP = """
[time]
column = "t"
zone = "Europe/Amsterdam"
[event]
source = "test"
subject = "exchange:{case}"
id = "{case}"
[[fact]]
type = "exchange.departed"
past = true
data.on = { column = "t", date_in = "Europe/Amsterdam" }
"""


@pytest.mark.parametrize("stored", ["2017-01-08 23:00:00+00:00", "2017-07-08T22:00:00Z", "2017-01-09"])
def test_local_midnight_stored_in_utc_is_the_day_of_the_place(stored):
    (trip,) = events(read(TRIP, f"case,t\n1,{stored}"))
    assert trip.data["on"][-2:] == "09"
    assert (trip.time.hour, trip.zone) == (0, "Europe/Amsterdam")


def test_what_has_not_happened_yet_is_no_fact_until_it_has():
    text = "case,t\n1,2025-12-31\n2,2026-06-30"
    (past, later) = read(TRIP, text)
    assert (len(past.events), past.filtered) == (1, None)
    assert (later.events, later.later, later.filtered) == ((), 1, "not happened yet")
    assert len(events(read(TRIP, text, datetime(2027, 1, 1, tzinfo=UTC)))) == 2


def test_repeated_headers_do_no_harm_and_one_of_them_can_be_named():
    opened = '[[fact]]\ntype = "case.opened"\ndata.topic = "%s"\n'
    text = "case,v,when,v\n1,a,2025-01-01,b"
    assert events(read(HEAD + opened % "v#2", text))[0].data == {"topic": "b"}
    assert events(read(HEAD + opened % "case", text))
    with pytest.raises(MappingError, match="2 columns"):
        read(HEAD + opened % "v", text)


def test_the_whole_row_as_identity_makes_exact_repetitions_one():
    mapping = HEAD.replace("{case}/{when}/", "{whole row}/") + '[[fact]]\ntype = "case.resolved"\n'
    rows = events(read(mapping, "case,when,x\n1,2025-01-01,a\n1,2025-01-01,a\n1,2025-01-01,b"))
    assert rows[0] == rows[1]
    assert len({it.id for it in rows}) == 2


def test_two_facts_of_a_row_with_one_id_are_not_both_stated():
    both = '[[fact]]\ntype = "case.resolved"\n[[fact]]\ntype = "case.closed"\n'
    (flaw,) = flaws(read(HEAD.replace("/{fact type}", "") + both, "case,when\n1,2025-01-01"))
    assert (flaw.type, "{fact type}" in flaw.reason) == ("case.closed", True)


def test_keys_that_would_read_alike_are_refused_rather_than_mixed():
    resolved = '[[fact]]\ntype = "case.resolved"\n'
    rows = read(HEAD + resolved, "case,when\n서울 1,2025-01-01\n부산 1,2025-01-01\nK 2,2025-01-01\n비자,2025-01-01")
    assert [it.subject for it in events(rows)] == ["case:K-2"]
    assert [it.row for it in flaws(rows)] == [2, 3, 5]


MONEY = """
[file]
missing = ["", "NA"]
%s
[time]
column = "t"
zone = "Europe/Brussels"
[event]
source = "test"
subject = "project:{p}"
id = "{whole row}"
[[fact]]
type = "project.partner_joined"
data.partner = "p"
data.role = { constant = "JOINT" }
data.country = { column = "c", map = "country" }
data.contribution = { column = ["a", "b"], currency = "EUR" }
[maps.country]
EL = "GR"
UK = "GB"
"""


@pytest.mark.parametrize(
    ("decimal", "written", "amount"),
    [
        (".", "1,234,567.50", "1234567.50"),
        (".", "12.5", "12.5"),
        (",", "1.234.567,50", "1234567.50"),
        (",", "12,5", "12.5"),
        (".", "1.234,50", None),
        (",", "1,234.50", None),
        (".", "12,5", None),
    ],
)
def test_amounts_are_read_as_they_are_written_here_or_not_at_all(decimal, written, amount):
    rows = read(MONEY % f'decimal = "{decimal}"', f't,p,c,a,b\n2020-01-01,x,EL,"{written}",')
    told = [it.data["contribution"] for it in events(rows)]
    assert told == ([{"amount": amount, "currency": "EUR"}] if amount else [])
    assert [it.column for it in flaws(rows)] == ([] if amount else ["a, b"])


def test_what_is_missing_is_left_out_and_countries_are_mapped():
    rows = events(read(MONEY % "", "t,p,c,a,b\n2020-01-01,x,UK,NA,7\n2020-01-01,x,NA,NA,NA\n2020-01-01,x,FR,1,2"))
    assert [it.data.get("country") for it in rows] == ["GB", None, "FR"]
    assert [(it.data.get("contribution") or {}).get("amount") for it in rows] == ["7", None, "1"]


def test_a_flaw_names_row_and_column_and_never_the_cell():
    opened = '[[fact]]\ntype = "case.opened"\ndata.topic = "topic"\ndata.requester = "who"\n'
    rows = read(HEAD + opened, "case,when,topic,who\n1,2025-01-01,visa,Hong Gildong\n2,yesterday,visa,\n3,2025-01-01")
    assert [(it.row, it.column) for it in flaws(rows)] == [(2, "who"), (3, "when"), (4, "")]
    assert "Hong" not in str(flaws(rows))
    assert "yesterday" not in str(flaws(rows))


def test_korean_spreadsheets_are_read_in_their_encoding_and_way_of_telling_time(tmp_path):
    mapping = HEAD.replace("[time]", '[file]\nencoding = "cp949"\ndelimiter = ";"\n[time]')
    mapping = mapping.replace('column = "when"', 'column = "일시"\nformat = "%Y. %m. %d. %p %I:%M"')
    mapping = mapping.replace("{when}", "{일시}") + '[[fact]]\ntype = "case.opened"\ndata.topic = "분야"\n'
    text = "case;일시;분야\n1;2025. 3. 2. 오후 3:05;비자\n"
    (tmp_path / "m.toml").write_text(mapping, encoding="utf-8")
    (tmp_path / "t.csv").write_bytes(text.encode("cp949"))
    account = dry_run(tmp_path / "t.csv", tmp_path / "m.toml", console=Console(quiet=True))
    assert (account.rows, account.used, account.facts, account.refused) == (1, 1, 1, [])
    (opened,) = events(read(mapping, text.replace(";", ",")))
    assert opened.time.isoformat() == "2025-03-02T15:05:00+09:00"


GOOD = (
    HEAD
    + '[[fact]]\ntype = "exchange.nominated"\nsubject = "exchange:{case}"\ndata.direction = { constant = "INBOUND" }\n'
)


@pytest.mark.parametrize(
    ("wrong", "right", "where", "says"),
    [
        ('zone = "', 'zoen = "', "time", "did you mean zone"),
        ("data.direction", 'colour = "red"\ndata.direction', "no. 1", "colour"),
        ("constant", "konstant", "data.direction", "did you mean constant"),
        ("INBOUND", "IN", "data.direction", "does not fit"),
        ("{ constant =", '{ column = "case", constant =', "data.direction", "no one place"),
        ("{ constant =", '{ map = "way", constant =', "data.direction", r"maps\.way"),
        ("exchange.nominated", "credential.issued", "no. 1", "no such fact to import"),
        ('"test"', '"test/{case"', "source", "brace"),
        ('"test"', '"test/{cas}"', "source", 'did you mean "case"'),
        ("[[fact]]", '[file]\ndelimiter = ";;"\n[[fact]]', "delimiter", "one character"),
        ("[[fact]]", '[file]\nencoding = "hangul"\n[[fact]]', "encoding", "cp949"),
        ("[[fact]]", '[[fact]]\nactivity = "x"', "activity", "names no activity"),
        ("[[fact]]", '[[fact]]\ndata.country = { column = "case", currency = "EUR" }', "data.country", "currency"),
    ],
)
def test_a_mistake_says_where_it_is_what_is_wrong_and_how_to_mend_it(wrong, right, where, says):
    text = "case,when\n1,2025-01-01"
    assert events(read(GOOD, text))
    with pytest.raises(MappingError, match=says) as error:
        read(GOOD.replace(wrong, right, 1), text)
    assert where in error.value.where


PEOPLE = (
    HEAD
    + """
[[fact]]
type = "case.opened"
first_of = "case"
data.topic = { constant = "x" }
[[fact]]
type = "case.assigned"
when = { what = "given" }
id = "{case}/{who}/{fact type}"
data.assignee = { person = "who" }
"""
)
NAMES = """
case,when,what,who
1,2025-03-03T09:00,asked,Anne Claire
1,2025-03-03T10:00,given,Frederic
2,2025-03-03T11:00,given, Frederic
2,2025-03-03T12:00,given,
3,2025-03-03T13:00,given,김철수
"""


def test_a_person_reads_as_a_pseudonym_wherever_the_mapping_uses_the_cell():
    stated = events(read(PEOPLE, NAMES))
    assigned = [(it.id, it.data) for it in stated if it.type == "case.assigned"]
    assert assigned == [
        ("1/p-0/case.assigned", {"assignee": "p-0"}),
        ("2/p-0/case.assigned", {"assignee": "p-0"}),
        ("3/p-1/case.assigned", {"assignee": "p-1"}),
    ]
    assert len([it for it in stated if it.type == "case.opened"]) == 3


def test_only_people_whom_a_fact_is_about_are_looked_up():
    header, *rows = csv.reader(io.StringIO(NAMES.strip()))
    assert Table(Mapping(PEOPLE), header).people(rows) == ["Frederic", "김철수"]
    everybody = Table(Mapping(PEOPLE.replace('id = "{case}/{when}/{fact type}"', 'id = "{whole row}"', 1)), header)
    assert everybody.people(rows) == ["Anne Claire", "Frederic", "김철수"]


def test_a_cell_that_was_not_looked_up_is_never_shown():
    header, *rows = csv.reader(io.StringIO(NAMES.strip()))
    table = Table(Mapping(PEOPLE), header)
    seen = table.survey(rows)
    rows = [table.read(number, cells, seen, NOW) for number, cells in enumerate(rows, 2)]
    assert {it.column for it in flaws(rows)} == {"who"}
    assert not [name for name in ("Frederic", "Anne", "김철수") if name in repr(rows)]


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ('data.assignee = { person = "who" }', 'data.team = { person = "who" }', "does not hold a person"),
        ('{ person = "who" }', '{ person = "who", map = "m" }', "leave the other keys out"),
        ('{ person = "who" }', '{ person = "whom" }', 'did you mean "who"'),
        ('when = { what = "given" }', 'when = { who = "Frederic" }', "are people"),
        ('when = { what = "given" }', 'unless = { "who" = "Siebel" }', "are people"),
    ],
)
def test_a_mistake_about_people_says_how_to_mend_it(wrong, right, says):
    with pytest.raises(MappingError, match=says):
        read(PEOPLE.replace(wrong, right), NAMES)
