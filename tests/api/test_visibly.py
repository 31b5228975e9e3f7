"""What hubs write reaches a terminal as something to read, and a browser as something that does nothing."""

from __future__ import annotations

import base64
import hashlib
import io
import re

import pyarrow as pa
import pytest
from rich.color import ColorSystem
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api import edition_formats, terminal_lines, terminal_tables, terminal_text
from api.progress import bars
from replay.report.page import STYLE

EVIL = "a\x1b[2J\x1b]8;;http://x\x07b\u202ec\x9bd\re\x00\u2066f"
SEEN = "a\\x1b[2J\\x1b]8;;http://x\\x07b\\u202ec\\x9bd\\x0de\\x00\\u2066f"


@pytest.fixture
def out() -> Console:
    made = terminal_text.console()
    made.file = io.StringIO()
    made.width = 200
    return made


def test_a_text_is_shown_with_what_it_hides():
    assert terminal_text.as_visible(EVIL) == SEEN
    assert terminal_text.as_visible("두 줄\n거점센터 — naïve 👍🏽") == "두 줄\n거점센터 — naïve 👍🏽"


def test_nothing_printed_does_anything_to_a_terminal(out):
    table = Table(title=EVIL)
    table.add_column(EVIL)
    table.add_row(Text(EVIL))
    table.add_row(EVIL)
    for it in (EVIL, Text(EVIL), table):
        out.print(it, markup=False)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out.file.getvalue())
    assert "\\x1b[2J" in out.file.getvalue()


def test_colours_of_our_own_stay():
    made = terminal_text.console()
    made.file = file = io.StringIO()
    made._force_terminal, made._color_system = True, made._color_system or ColorSystem.STANDARD
    made.print("[red]red[/]")
    assert "\x1b[" in file.getvalue()


def test_a_table_shows_a_cell_with_what_it_hides(monkeypatch, out):
    monkeypatch.setattr(terminal_tables, "out", out)
    terminal_tables.show_table(pa.table({"topic": [EVIL], "n": [1]}), "HD-01")
    assert "\\x1b[2J" in out.file.getvalue()
    assert "\\u202e" in out.file.getvalue()
    assert "\x1b" not in out.file.getvalue()


def test_a_table_that_does_not_fit_is_shown_whole_in_parts(monkeypatch, out):
    out.width = 80
    monkeypatch.setattr(terminal_tables, "out", out)
    table = pa.Table.from_pylist(
        [{"id": f"key-{n}", **{f"column_{c}": f"{n}/{c}" for c in range(20)}} for n in range(3)]
    )
    terminal_tables.show_table(table, "tokens")
    lines = out.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    words = set(re.findall(r"[\w/-]+", out.file.getvalue()))
    assert {*table.column_names, *(str(it) for row in table.to_pylist() for it in row.values())} <= words
    assert sum("key-1" in line for line in lines) == sum("┏" in line for line in lines) > 1, "each part names its rows"


def test_rows_that_are_left_out_are_counted_and_how_to_see_them_is_said(monkeypatch, out):
    monkeypatch.setattr(terminal_tables, "out", out)
    monkeypatch.setattr(terminal_lines, "out", out)
    table = pa.table({"n": range(300)})
    terminal_tables.show_table(table, "events", "ndjson")
    assert out.file.getvalue().endswith("… 100 more rows; --format ndjson or -o FILE has them all\n")
    out.file = io.StringIO()
    terminal_tables.show_table(table, "tokens")
    assert "299" in out.file.getvalue(), "where no file is to be had, all are shown"


def test_a_bar_leaves_nothing_where_there_is_no_terminal(out):
    with bars(out) as progress:
        progress.update(progress.add_task("rows", total=2), completed=1)
    assert out.file.getvalue() == ""


def test_the_page_of_an_edition_may_do_nothing_but_wear_its_own_styles():
    digest = base64.b64encode(hashlib.sha256(STYLE.read_text(encoding="utf-8").encode()).digest()).decode()
    said = edition_formats.content_security_policy()
    assert f"style-src 'sha256-{digest}'" in said
    assert "unsafe" not in said
    assert "default-src 'none'" in said
    assert "script-src" not in said
