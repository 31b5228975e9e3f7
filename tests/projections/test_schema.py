"""Tables and columns follow from the fact types."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from domain.facts.helpdesk import CaseOpened
from domain.facts.project import ProjectLaunched
from domain.registry import TYPES
from projections.mirror import schema
from tests.mirrors import empty
from tests.projections.histories import History


def test_every_type_has_its_own_table_and_every_table_its_type() -> None:
    tables = {schema.table_of(tag): tag for tag in TYPES}
    assert len(tables) == len(TYPES)
    with empty().reading() as reading:
        made = {name for (name,) in reading.rows("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'record'")}
        shown = {name for (name,) in reading.rows("SELECT view_name FROM duckdb_views() WHERE NOT internal")}
    assert made == tables.keys() | {"event", "mirror", "set_aside"}
    assert made - {"mirror", "set_aside"} <= shown


def test_a_field_that_the_envelope_has_too_gets_another_name() -> None:
    renamed = {(tag, it.field): it.name for tag in TYPES for it in schema.columns(tag) if it.name != it.field}
    assert renamed == {
        ("review.sample_drawn", "position"): "fact_position",
        ("review.sample_item_tested", "position"): "fact_position",
        ("exchange.extended", "until"): "fact_until",
        ("exchange.curtailed", "until"): "fact_until",
        ("credential.issued", "hub"): "fact_hub",
        ("check.cutoff_fixed", "position"): "fact_position",
        ("indicator.target_set", "hub"): "fact_hub",
        ("indicator.target_withdrawn", "hub"): "fact_hub",
        ("entry.corrected", "occurred_at"): "fact_occurred_at",
        ("person.consent_recorded", "until"): "fact_until",
        ("person.hold_placed", "until"): "fact_until",
    }


def test_no_column_of_a_type_is_taken_twice() -> None:
    for tag in TYPES:
        names = [*schema.ENVELOPE, *(column.name for column in schema.columns(tag))]
        assert len(names) == len(set(names)), tag


def test_absent_fields_read_as_the_defaults_of_the_struct() -> None:
    history, mirror = History(), empty()
    history.add("case:1", CaseOpened(topic="visa"))
    mirror.apply(history.page())
    with mirror.reading() as reading:
        found = reading.table("FROM case_opened").to_pylist()[0]
        event = reading.table("FROM event").to_pylist()[0]
    assert {name: found[name] for name in ("topic", "channel", "language", "requester", "severity")} == {
        "topic": "visa",
        "channel": "other",
        "language": None,
        "requester": None,
        "severity": "normal",
    }
    assert (event["zone"], event["evidence"], event["imported"]) == ("UTC", [], False)
    assert "salt" not in event


def test_a_python_type_without_a_column_type_is_refused() -> None:
    with pytest.raises(TypeError, match="no column type"):
        schema._sql(float)


def test_the_time_of_effect_is_kept_only_where_it_is_another_and_everybody_reads_it() -> None:
    history, mirror = History(), empty()
    history.add("case:1", CaseOpened(topic="visa"))
    history.add("project:1", ProjectLaunched(on=date(2025, 6, 30)), 200 * 24)
    mirror.apply(history.page())
    with mirror.reading() as reading:
        kept = [it for (it,) in reading.rows("SELECT effective_apart FROM record.event ORDER BY position")]
        seen = reading.table("FROM event ORDER BY position").to_pylist()
    day = datetime.fromisoformat("2025-06-30T14:59:59.999999")
    assert kept == [None, day]
    assert [it["effective_at"] for it in seen] == [seen[0]["occurred_at"], day]
    assert "effective_apart" not in seen[0]
