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

from api.hub.client import dry_run
from api.hub.mapping import Mapping, MappingError
from api.hub.rows import MappedTable

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
    table = MappedTable(Mapping(mapping), header)
    table.know({name: f"p-{number}" for number, name in enumerate(table.people(rows))})
    seen = table.survey(rows)
    return [table.read(number, cells, seen, now) for number, cells in enumerate(rows, 2)]


def events(rows):
    return [event for row in rows for event in row.events]


def flaws(rows):
    return [flaw for row in rows for flaw in row.flaws]


def test_the_example_of_the_manual_does_what_the_manual_says():
    text, mapping = (re.findall(rf"```{kind}\n(.*?)```", MANUAL, re.DOTALL)[0] for kind in ("csv", "toml"))
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
def test_the_order_of_the_rows_changes_nothing_where_times_or_by_tell_the_first(seed):
    mapping = GROUPS.replace('first_of = "case"', 'first_of = "case"\nby = "what"')
    told = [sorted(events(read(mapping, GROUPED, shuffled=it)), key=str) for it in (None, seed)]
    assert told[0] == told[1]


def test_of_several_rows_at_the_first_moment_the_first_in_the_file_is_taken_and_it_is_said():
    header, *rows = csv.reader(io.StringIO(GROUPED.strip()))
    for first, second in (("call", "mail"), ("mail", "call")):
        rows[0][1], rows[1][1] = first, second
        table = MappedTable(Mapping(GROUPS), header)
        seen = table.survey(rows)
        (opened, *_) = table.read(2, rows[0], seen, NOW).events
        assert (opened.type, opened.data) == ("case.opened", {"topic": first})
        assert "case.opened" not in [it.type for it in table.read(3, rows[1], seen, NOW).events]
        (said,) = (it.en for it in table.undecided(seen))
        assert "case.opened: in 1 of the groups" in said
        assert "(row 2)" in said
        assert "by = " in said


def test_the_first_row_is_the_first_also_where_what_it_states_is_refused():
    mapping = HEAD.replace("{when}/", "") + (
        '[[fact]]\ntype = "expansion.support_delivered"\nsubject = "expansion:{case}"\nfirst_of = "case"\n'
        'data.service = { constant = "x" }\ndata.hours = "h"\n'
    )
    rows = read(mapping, "case,when,h\n1,2025-01-01,many\n1,2025-01-02,5")
    assert [(it.row, it.column) for it in flaws(rows)] == [(2, "h")]
    assert events(rows) == []


def test_rows_at_the_first_moment_that_would_state_the_same_need_no_decision():
    header, *rows = csv.reader(io.StringIO(GROUPED.strip()))
    rows[1][1] = "call"
    table = MappedTable(Mapping(GROUPS), header)
    assert table.undecided(table.survey(rows)) == []


@pytest.mark.parametrize(
    ("numbers", "first"), [(("10", "9"), "mail"), (("2", "x"), "call"), (("", "7"), "mail"), (("1.5", "1.25"), "mail")]
)
def test_a_column_named_by_by_settles_ties_numbers_by_size_then_texts_then_nothing(numbers, first):
    mapping = GROUPS.replace('first_of = "case"', 'first_of = "case"\nby = "no"')
    text = "case,what,when,no\n" + "\n".join(
        f"1,{what},2025-01-01,{number}" for what, number in zip(("call", "mail"), numbers, strict=True)
    )
    (opened,) = events(read(mapping, text))
    assert opened.data == {"topic": first}


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


RESOLVED = '[[fact]]\ntype = "case.resolved"\n'


@pytest.mark.parametrize("key", ["비자-001", "세무-001", "２０２５-7", "Müller-1", "㈜-1", "K\u200b1", "٣-1"])
def test_a_key_that_would_lose_letters_is_refused_with_a_proposal_and_without_the_key(key):
    (flaw,) = flaws(read(HEAD + RESOLVED, f"case,when\n{key},2025-01-01"))
    assert flaw.column == "case"
    assert '"비자" = "VISA"' in flaw.reason
    assert 'keys = "coded"' in flaw.reason
    assert key not in flaw.reason


@pytest.mark.parametrize(
    ("key", "subject"),
    [("비자-001", "VISA-001"), ("세무-001", "TAX-001"), ("비자 세무 2", "VISA-TAX-2"), ("국세-1", None)],
)
def test_words_under_keys_stand_in_a_stream_key_for_what_it_cannot_hold(key, subject):
    words = '[keys]\n"비자" = "VISA"\n"세무" = "TAX"\n"세" = "S"\n'
    rows = read(words + HEAD + RESOLVED, f"case,when\n{key},2025-01-01")
    assert [it.subject for it in events(rows)] == ([f"case:{subject}"] if subject else [])
    assert len(flaws(rows)) == (not subject)


@pytest.mark.parametrize(
    ("key", "subject"),
    [
        ("２０２５-7", "2025-7"),
        ("2025-비자", "2025-~BE44~C790"),
        ("2025-세무", "2025-~C138~BB34"),
        ("A 1", "A~00201"),
        ("A~1", "A~007E1"),
        ("비자-1", None),
        ("9" + "가" * 26, None),
    ],
)
def test_coded_keys_keep_every_letter_apart_and_read_wide_ones_as_plain(key, subject):
    rows = read(HEAD.replace("id =", 'keys = "coded"\nid =') + RESOLVED, f"case,when\n{key},2025-01-01")
    assert [it.subject for it in events(rows)] == ([f"case:{subject}"] if subject else [])
    assert all("subject" in it.reason for it in flaws(rows))


@pytest.mark.parametrize(
    ("keys", "cell", "into"),
    [
        ("", "Case 1", "Case-1"),
        ("", "case:Case 1", "case:Case-1"),
        ("", "2025/7", "2025-7"),
        ("", "비자-001", None),
        ('[keys]\n"비자" = "VISA"\n', "비자-001", "VISA-001"),
        ("coded", "２０２５-비자", "2025-~BE44~C790"),
    ],
)
def test_a_case_that_another_was_merged_into_is_named_by_the_key_that_it_has_itself(keys, cell, into):
    head = HEAD.replace("id =", 'keys = "coded"\nid =') if keys == "coded" else keys + HEAD
    merged = '[[fact]]\ntype = "case.merged"\ndata.into = "into"\n'
    rows = read(head + merged, f"case,when,into\nK 2,2025-01-01,{cell}")
    assert [it.data for it in events(rows)] == ([{"into": into}] if into else [])
    for flaw in flaws(rows):
        assert (flaw.column, cell in flaw.reason) == ("into", False)
    told = read(head + RESOLVED, f"case,when\n{cell.removeprefix('case:')},2025-01-01")
    assert [it.subject for it in events(told)] == ([f"case:{into.removeprefix('case:')}"] if into else [])


@pytest.mark.parametrize(("fact", "column"), [("exchange.nominated", "project"), ("partner.identity_merged", "into")])
def test_other_facts_name_a_stream_by_its_key_too(fact, column):
    head = HEAD.replace("case:", fact.partition(".")[0] + ":")
    told = {"project": 'data.person = {constant = "p-1"}\ndata.direction = {constant = "INBOUND"}\n'
            'data.country = {constant = "DE"}\n', "into": ""}[column]  # fmt: skip
    rows = read(head + f'[[fact]]\ntype = "{fact}"\ndata.{column} = "to"\n{told}', "case,when,to\nK,2025-01-01,P 1")
    assert [it.data[column] for it in events(rows)] == ["P-1"], flaws(rows)


@pytest.mark.parametrize("cell", ["2.02503E+11", "1E+15", "2,02503E+11"])
def test_numbers_that_a_spreadsheet_shortened_are_no_keys_for_others_read_the_same(cell):
    (flaw,) = flaws(read(HEAD + RESOLVED, f'case,when\n"{cell}",2025-01-01'))
    assert (flaw.column, "E+" in flaw.reason) == ("case", True)


def test_keys_that_would_read_alike_are_refused_rather_than_mixed():
    resolved = '[[fact]]\ntype = "case.resolved"\n'
    rows = read(HEAD + resolved, "case,when\nA 1,2025-01-01\nA/1,2025-01-01\nK 2,2025-01-01\n-,2025-01-01")
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


HOURS = """
[file]
%s
[time]
column = "t"
zone = "Asia/Seoul"
[event]
source = "test"
subject = "expansion:{p}"
id = "{p}/{fact type}"
[[fact]]
type = "expansion.support_delivered"
data.service = { constant = "visa" }
data.hours = "h"
[[fact]]
type = "expansion.contract_signed"
data.contract_ref = { constant = "x" }
data.money = { column = "m", currency = "EUR" }
"""


@pytest.mark.parametrize(
    ("decimal", "written", "number"),
    [
        ("decimal = ','", "1.234", "1234"),
        ("decimal = '.'", "1.234", "1.234"),
        ("decimal = ','", "1,234", "1.234"),
        ("decimal = '.'", "1,234", "1234"),
        ("decimal = ','", "1 234,5", "1234.5"),
        ("decimal = '.'", "1'234.50", "1234.50"),
        ("decimal = '.'", "+1,234", "1234"),
        ("decimal = '.'", "12,34", None),
        ("decimal = '.'", "1,234,56", None),
        ("decimal = '.'", "1.2E+05", None),
        ("decimal = '.'", "12%", None),
        ("decimal = '.'", "₩1,000", None),
        ("decimal = '.'", "(1,000)", None),
        ("decimal = '.'", "１２", None),
        ("decimal = '.'", "-", None),
        ("", "1.234", None),
        ("", "1,234", None),
        ("", "0.125", "0.125"),
        ("", "1234.567", "1234.567"),
        ("", "1,234,567", "1234567"),
        ("", "1,234.5", "1234.5"),
        ("", "12,5", None),
    ],
)
def test_a_number_means_the_same_as_money_and_as_hours_or_is_refused_in_both(decimal, written, number):
    rows = read(HOURS % decimal, f't,p,h,m\n2025-01-01,x,"{written}","{written}"')
    told = [it.data.get("hours") or it.data["money"]["amount"] for it in events(rows)]
    assert told == ([number, number] if number else [])
    assert [it.column for it in flaws(rows)] == ([] if number else ["h", "m"])
    assert all("decimal" in it.reason and written not in it.reason for it in flaws(rows) if len(written) > 1)


def test_one_column_may_write_its_numbers_otherwise_than_its_file():
    mapping = (HOURS % "decimal = '.'").replace('data.hours = "h"', 'data.hours = { column = "h", decimal = "," }')
    told = events(read(mapping, 't,p,h,m\n2025-01-01,x,"1.234,5","1,234.5"'))
    assert [it.data.get("hours") or it.data["money"]["amount"] for it in told] == ["1234.5", "1234.5"]


PLACED = HEAD.replace("Asia/Seoul", "%s") + RESOLVED


@pytest.mark.parametrize(
    ("zone", "local", "way", "first", "second"),
    [
        ("Europe/Brussels", "2025-10-26T02:30", "came twice", "2025-10-26T00:30", "2025-10-26T01:30"),
        ("Europe/Brussels", "2025-03-30T02:30", "never came", "2025-03-30T01:30", "2025-03-30T00:30"),
        ("America/New_York", "2025-11-02T01:15", "came twice", "2025-11-02T05:15", "2025-11-02T06:15"),
        ("America/New_York", "2025-03-09T02:00", "never came", "2025-03-09T07:00", "2025-03-09T06:00"),
        ("America/Los_Angeles", "2025-03-09T02:30", "never came", "2025-03-09T10:30", "2025-03-09T09:30"),
    ],
)
def test_a_local_time_that_came_twice_or_never_is_told_until_it_is_said_which(zone, local, way, first, second):
    (flaw,) = flaws(read(PLACED % zone, f"case,when\n1,{local}"))
    assert (flaw.row, flaw.column) == (2, "when")
    assert way in flaw.reason
    assert "fold" in flaw.reason
    for fold, told in (("first", first), ("second", second)):
        (event,) = events(
            read((PLACED % zone).replace("[event]", f'fold = "{fold}"\n[event]'), f"case,when\n1,{local}")
        )
        assert event.time.astimezone(UTC).isoformat()[:16] == told


@pytest.mark.parametrize("local", ["2025-10-26T01:59", "2025-10-26T03:00", "2025-10-26T02:30+02:00"])
def test_the_times_beside_them_and_those_with_an_offset_are_taken(local):
    assert events(read(PLACED % "Europe/Brussels", f"case,when\n1,{local}"))


def test_a_group_over_the_hour_that_came_twice_begins_with_what_came_first():
    mapping = PLACED % "Europe/Brussels" + 'first_of = "case"\n'
    told = events(read(mapping, "case,when\n1,2025-10-26T02:10+01:00\n1,2025-10-26T02:50+02:00"))
    assert [it.time.astimezone(UTC).isoformat()[11:16] for it in told] == ["00:50"]


@pytest.mark.parametrize(
    ("style", "written"),
    [
        ("%Y년 %m월 %d일", "2025년 3월 5일"),
        ("%y.%m.%d", "25.3.5"),
        ("%Y. %m. %d.", "2025. 3. 5."),
        ("%Y%m%d", "20250305"),
    ],
)
def test_dates_as_koreans_write_them_are_read_by_their_format(style, written):
    mapping = (PLACED % "Asia/Seoul").replace("[event]", f'format = "{style}"\n[event]')
    (event,) = events(read(mapping, f"case,when\n1,{written}"))
    assert event.time.isoformat() == "2025-03-05T00:00:00+09:00"


@pytest.mark.parametrize("cell", ["45719", "45719.375"])
def test_a_spreadsheets_number_of_a_day_is_told_as_what_it_is(cell):
    (flaw,) = flaws(read(PLACED % "Asia/Seoul", f"case,when\n1,{cell}"))
    assert (flaw.column, "number of a day" in flaw.reason) == ("when", True)


def test_an_identity_used_for_something_else_in_the_same_file_is_refused_and_repetitions_are_one():
    mapping = HEAD.replace("{case}/{when}/{fact type}", "{case}") + RESOLVED + 'data.resolution = "what"\n'
    rows = read(mapping, "case,when,what\n1,2025-01-01,a\n1,2025-01-01,a\n1,2025-01-01,b\n1,2025-01-02,a")
    assert [it.number for it in rows if it.events] == [2, 3]
    assert [(it.row, it.column, "row 2" in it.reason) for it in flaws(rows)] == [(4, "case", True), (5, "case", True)]


@pytest.mark.parametrize(
    ("when", "taken"), [("2026-01-01T09:00:59", True), ("2026-01-01T09:01:01", False), ("2030-01-01", False)]
)
def test_a_time_in_the_future_is_refused_as_the_door_does_a_minute_being_forgiven(when, taken):
    rows = read(PLACED % "Asia/Seoul", f"case,when\n1,{when}")
    assert len(events(rows)) == taken
    assert [(it.column, "time.future" in it.reason) for it in flaws(rows)] == ([] if taken else [("when", True)])


@pytest.mark.parametrize(
    ("field", "cell", "code"),
    [
        ("data.topic", "010-2345-6789", "freetext.phone_number"),
        ("data.topic", "kim@example.org", "freetext.e_mail"),
        ("data.topic", "x" * 201, "data.topic"),
        ("data.severity", "가나다", "allowed: low, normal, high, critical"),
        ("data.channel", "김철수", "allowed: web, mail, phone, visit, other"),
        ("data.requester", "김철수", "data.requester"),
    ],
)
def test_what_the_door_would_refuse_of_one_row_is_told_with_its_column_and_never_the_cell(field, cell, code):
    topic = "" if field == "data.topic" else 'data.topic = { constant = "x" }\n'
    opened = '[[fact]]\ntype = "case.opened"\n' + topic
    (flaw,) = flaws(read(HEAD + opened + f'{field} = "what"\n', f"case,when,what\n1,2025-01-01,{cell}"))
    assert flaw.column == "what"
    assert code in flaw.reason
    assert cell not in flaw.reason


def test_a_rule_of_the_fact_itself_names_its_column_too():
    (flaw,) = [it for it in flaws(read(HOURS % "", "t,p,h,m\n2025-01-01,x,-1,-1")) if "hours" in it.reason]
    assert (flaw.column, flaw.reason) == ("h", "hours are more than 0")


def test_an_activity_that_no_fact_takes_is_told_by_a_row_and_not_in_its_words():
    mapping = GROUPS.replace("first_of", 'activity = "call"\nfirst_of').replace(
        "unless = {", 'when = { what = "x" }\nunless = {'
    )
    told = Counter(it.filtered for it in read(mapping, GROUPED + "2,note,2025-01-05T09:00") if it.filtered)
    assert told == {
        "states no fact: the activity of row 3": 1,
        "states no fact: the activity of row 5": 2,
        "states no fact: not the row that first_of or after asks for": 1,
    }


def test_what_is_missing_is_left_out_and_countries_are_mapped():
    rows = events(read(MONEY % "", "t,p,c,a,b\n2020-01-01,x,UK,NA,7\n2020-01-01,x,NA,NA,NA\n2020-01-01,x,FR,1,2"))
    assert [it.data.get("country") for it in rows] == ["GB", None, "FR"]
    assert [(it.data.get("contribution") or {}).get("amount") for it in rows] == ["7", None, "1"]


def test_a_flaw_names_row_and_column_and_never_the_cell():
    opened = '[[fact]]\ntype = "case.opened"\ndata.topic = "topic"\ndata.requester = "who"\n'
    rows = read(HEAD + opened, "case,when,topic,who\n1,2025-01-01,visa,Hong Gildong\n2,yesterday,visa,\n3,2025-01-01")
    assert [(it.row, it.column) for it in flaws(rows)] == [(2, "who"), (3, "when"), (4, "topic")]
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
        ("[[fact]]", "[file]\nheader = 0\n[[fact]]", "file", ">= 1"),
        ("[[fact]]", '[[fact]]\nby = "when"', "by", "add first_of"),
        ("[[fact]]", '[keys]\n"비자" = "비"\n[[fact]]', "비자", "cannot hold"),
        ("[[fact]]", '[keys]\n"비자" = "V"\n"세무" = "V"\n[[fact]]', "비자", "each word its own"),
        ("[[fact]]", '[[fact]]\ndata.from_org = { column = "case", decimal = "," }', "decimal", "no number"),
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


def test_what_rows_state_does_not_depend_on_the_pseudonyms_of_a_record():
    mapping = (
        PEOPLE.replace('{ constant = "x" }', '"what"').replace('id = "{case}/{when}', 'id = "{case}/{who}/{when}')
        + '[[fact]]\ntype = "case.closed"\nfirst_of = "case"\nid = "{whole row}"\n'
    )
    header, *rows = csv.reader(io.StringIO("case,when,what,who\n1,2025-01-01,call,Kim\n1,2025-01-01,mail,Lee"))
    said = set()
    for names in ({"Kim": "p-1", "Lee": "p-2"}, {"Kim": "p-9", "Lee": "p-2"}):
        table = MappedTable(Mapping(mapping), header)
        table.know(names)
        seen = table.survey(rows)
        told = events(table.read(number, cells, seen, NOW) for number, cells in enumerate(rows, 2))
        said.add(repr([(it.type, it.data) for it in told]))
    assert said == {"[('case.opened', {'topic': 'call'}), ('case.closed', {})]"}


def test_only_people_whom_a_fact_is_about_are_looked_up():
    header, *rows = csv.reader(io.StringIO(NAMES.strip()))
    assert MappedTable(Mapping(PEOPLE), header).people(rows) == ["Frederic", "김철수"]
    everybody = MappedTable(
        Mapping(PEOPLE.replace('id = "{case}/{when}/{fact type}"', 'id = "{whole row}"', 1)), header
    )
    assert everybody.people(rows) == ["Anne Claire", "Frederic", "김철수"]


def test_a_cell_that_was_not_looked_up_is_never_shown():
    header, *rows = csv.reader(io.StringIO(NAMES.strip()))
    table = MappedTable(Mapping(PEOPLE), header)
    seen = table.survey(rows)
    read = [table.read(number, cells, seen, NOW) for number, cells in enumerate(rows, 2)]
    assert {it.column for it in flaws(read)} == {"who"}
    assert not [name for name in ("Frederic", "Anne", "김철수") if name in repr(read)]


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ('data.assignee = { person = "who" }', 'data.team = { person = "who" }', "does not hold a person"),
        ('{ person = "who" }', '{ person = "who", map = "m" }', "leave the other keys out"),
        ('{ person = "who" }', '{ person = "whom" }', 'did you mean "who"'),
        ('when = { what = "given" }', 'when = { who = "Frederic" }', "are people"),
        ('when = { what = "given" }', 'unless = { "who" = "Siebel" }', "are people"),
        ('first_of = "case"', 'first_of = "case"\nby = "who"', "pseudonyms have no order"),
    ],
)
def test_a_mistake_about_people_says_how_to_mend_it(wrong, right, says):
    with pytest.raises(MappingError, match=says):
        read(PEOPLE.replace(wrong, right), NAMES)
