"""Pages go in whole, with their position, and come back as of any point."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from domain.acts.indicator import TargetSet
from domain.acts.review import SampleDrawn
from domain.facts.helpdesk import CaseOpened, CaseReopened, CaseResolved, CaseTriaged
from domain.facts.project import CreditShared, FundingSpent, ProjectProposed
from domain.record import FOREVER
from domain.values import Money
from projections.definitions import INDICATORS
from projections.mirror import page as pages
from projections.mirror.comparison import TABLES, rows_as_of
from projections.mirror.mirror import Mirror, MirrorUnusable, Misfit
from projections.mirror.shared_sql import formula_digests
from tests.mirrors import empty
from tests.projections.histories import History, at

VISA, TAX = CaseOpened(topic="visa"), CaseOpened(topic="tax")


def opened(mirror: Mirror, known: int | None = None) -> list[tuple[Any, ...]]:
    with mirror.reading(known) as reading:
        return reading.rows("SELECT position, stated_by, topic FROM case_opened ORDER BY position")


@pytest.fixture(params=[1, 2, 100])
def size(request: pytest.FixtureRequest) -> int:
    """How many entries a page has: what is restated lies in an earlier page, or in the same."""
    return int(request.param)


def mirror_of(history: History, size: int = 100, path: Path | None = None) -> Mirror:
    mirror = Mirror(path) if path else empty()
    while mirror.position < history.position:
        mirror.apply(history.page(mirror.position, size))
    return mirror


def test_a_correction_holds_from_its_own_position_on(size: int) -> None:
    history = History()
    original = history.add("case:1", VISA)
    correction = history.correct(original, TAX, 5)
    mirror = mirror_of(history, size)
    assert opened(mirror, original) == [(original, original, "visa")]
    assert opened(mirror) == [(original, correction, "tax")]


def test_a_void_ends_an_entry_and_a_correction_reinstates_it(size: int) -> None:
    history = History()
    original = history.add("case:1", VISA)
    void = history.void(original)
    again = history.void(original)
    correction = history.correct(original, TAX, 5)
    mirror = mirror_of(history, size)
    assert opened(mirror, void) == opened(mirror, again) == []
    assert opened(mirror) == [(original, correction, "tax")]


def test_a_corrected_time_moves_an_entry_in_and_out_of_valid(size: int) -> None:
    history = History()
    history.correct(history.add("case:1", VISA, 10), VISA, 100)
    mirror = mirror_of(history, size)
    for hour, found in [(50, 0), (100, 1)]:
        with mirror.reading(valid=at(hour)) as reading:
            assert reading.rows("SELECT count(*) FROM case_opened") == [(found,)]
    with mirror.reading(known=1, valid=at(50)) as reading:
        assert reading.rows("SELECT occurred_at FROM case_opened") == [(at(10).replace(tzinfo=None),)]


def test_values_arrive_as_they_were_said() -> None:
    history = History()
    history.add("project:1", ProjectProposed(title_ko="과제 '하나'", fields=("ai", "bio")))
    history.add("project:1", CreditShared(shares={"EU": Decimal("0.123456789012"), "US": Decimal("0.876543210988")}))
    history.add("project:1", FundingSpent(money=Money(Decimal("-12.5"), "KRW"), funder="KR"))
    history.add("review:1", SampleDrawn(population="p", position=9, seed="s", method="m", size=3))
    with mirror_of(history).reading() as reading:
        assert reading.rows("SELECT title_ko, title_en, fields FROM project_proposed") == [
            ("과제 '하나'", None, ["ai", "bio"])
        ]
        assert reading.rows("SELECT shares FROM project_credit_shared") == [
            ({"EU": Decimal("0.123456789012"), "US": Decimal("0.876543210988")},)
        ]
        assert reading.rows("SELECT money.amount, money.currency FROM project_funding_spent") == [
            (Decimal("-12.5"), "KRW")
        ]
        assert reading.rows("SELECT fact_position, position FROM review_sample_drawn") == [(9, 4)]


def test_a_readers_snapshot_does_not_move() -> None:
    history = History()
    history.add("case:1", VISA)
    mirror = mirror_of(history)
    with mirror.reading() as reading:
        history.add("case:2", VISA)
        mirror.apply(history.page(1))
        assert (reading.position, mirror.position) == (1, 2)
        assert reading.rows("SELECT count(*) FROM case_opened") == [(1,)]


def test_known_and_valid_belong_to_one_reader() -> None:
    history = History()
    history.add("case:1", VISA)
    mirror = mirror_of(history)
    with mirror.reading(known=0) as past, mirror.reading() as now:
        assert (past.rows("FROM case_opened"), len(now.rows("FROM case_opened"))) == ([], 1)


@pytest.mark.parametrize(("view", "one", "other"), [
    ("effective", "type = 'case.opened'", "kind = 'case'"),
    ("stated", "type = 'case.opened'", "kind = 'case'"),
    ("case_opened", "topic = 'visa'", "position > 1"),
    ("indicator_target_set", "value > 0", "period = '2025S1'"),
    ("targets", "value > 0", "period = '2025S1'"),
])  # fmt: skip
def test_what_a_query_asks_of_a_view_twice_it_finds_twice(view: str, one: str, other: str) -> None:
    history = History()
    history.add("case:1", VISA)
    history.add("case:2", TAX)
    history.add("indicator:HD-01", TargetSet(period="2025S1", hub="EU", value=Decimal(5), basis="x"))
    parts = [f"(FROM {view} WHERE {one})", f"(FROM {view} WHERE {other})"]
    with mirror_of(history).reading() as reading:
        asked = ", ".join([f"EXISTS {it}" for it in parts] + [f"NOT EXISTS {it}" for it in parts])
        assert reading.rows(f"SELECT {asked}") == [(True, True, False, False)]
        first = [f"(SELECT position {it[1:-1]} LIMIT 1)" for it in parts]
        assert None not in reading.rows(f"SELECT {', '.join(first)}")[0]


@pytest.mark.parametrize(
    "sql",
    [
        "FROM '{}/secret.csv'",
        "FROM read_text('{}/secret.csv')",
        "COPY event TO '{}/out.csv'",
        "ATTACH '{}/other.duckdb'",
        "INSTALL httpfs",
        "INSERT INTO record.mirror VALUES ('', 1)",
        "COMMIT; DELETE FROM record.mirror",
        "SET VARIABLE known = 1",
        "SET enable_external_access = true",
        "SELECT 1; SELECT 2",
        "SELECT",
        "",
    ],
)
def test_what_an_analyst_writes_only_reads_and_only_the_mirror(sql: str, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    mirror = Mirror(tmp_path / "m.duckdb")
    with mirror.reading() as reading, pytest.raises(ValueError, match=r"."):
        reading.select(sql.format(tmp_path))
    with mirror.reading() as reading:
        assert reading.select("WITH it AS (FROM event) SELECT count(*) AS n FROM it").to_pylist() == [{"n": 0}]


@pytest.mark.parametrize(
    ("type_", "entry", "field"),
    [
        ("case.opened", {"fact": {"type": "case.opened"}}, "topic"),
        ("case.opened", {"fact": {"type": "case.opened", "topic": "x"}, "hub": None}, "hub"),
        ("case.opened", {"fact": {"type": "case.opened", "topic": "x"}, "occurred_at": "soon"}, "occurred_at"),
        ("project.funding_spent", {"fact": {"money": {"amount": "x", "currency": "KRW"}, "funder": "KR"}}, "money"),
        ("entry.corrected", {"fact": {"entry": 1, "reason": "CLERICAL", "occurred_at": "2025-05-01T00:00:00Z",
                                      "data": {"type": "case.opened"}}}, "topic"),
        ("entry.voided", {"fact": {"entry": 77, "reason": "CLERICAL"}}, "not in the record"),
        ("case.dreamt", {"fact": {"type": "case.dreamt"}}, "no such type"),
        ("case.opened", b"{", "not JSON"),
        ("case.opened", b"\xff", "not UTF-8"),
    ],
)  # fmt: skip
def test_an_entry_that_does_not_fit_is_named_and_nothing_of_its_page_is_applied(
    type_: str, entry: dict[str, Any] | bytes, field: str
) -> None:
    history = History()
    history.add("case:1", VISA)
    history.add("case:1", TAX, gap=4)
    mirror = mirror_of(history)
    history.add("case:1", CaseResolved())
    broken = history.page(5)
    if isinstance(entry, dict):
        sound = msgspec.json.decode(msgspec.json.encode(history.rows[0].entry))
        entry = msgspec.json.encode(sound | entry)
    line = pa.table({"position": [9], "type": [type_], "entry": [entry]}, broken.schema)
    with pytest.raises(Misfit, match=rf"entry 9 .*{field}") as misfit:
        mirror.apply(pa.concat_tables([broken, line]))
    assert (misfit.value.position, mirror.position) == (9, 5)
    with mirror.reading() as reading:
        assert (reading.position, reading.rows("SELECT max(position) FROM event")) == (5, [(5,)])
    mirror.apply(broken)
    assert mirror.position == 6


def test_a_page_and_its_position_are_one_transaction(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    history = History()
    original = history.add("case:1", VISA)
    mirror = mirror_of(history, path=tmp_path / "m.duckdb")
    history.add("case:1", CaseTriaged())
    history.correct(original, TAX, 1)
    insert = pages.PageWriter._insert

    def fail(self: pages.PageWriter, tag: str | None, select: str) -> None:
        insert(self, tag, select)
        if tag == "case.triaged":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pages.PageWriter, "_insert", fail)
        with pytest.raises(KeyboardInterrupt):
            mirror.apply(history.page(1))
    mirror.close()
    mirror = Mirror(tmp_path / "m.duckdb")
    assert (mirror.position, opened(mirror)) == (1, [(1, 1, "visa")])
    mirror.apply(history.page(1))
    assert opened(mirror) == [(1, 3, "tax")]


def test_a_page_that_was_applied_is_not_applied_again() -> None:
    history = History()
    history.add("case:1", VISA)
    mirror = mirror_of(history)
    with pytest.raises(ValueError, match="already"):
        mirror.apply(history.page())


def test_it_goes_on_where_it_stood_after_reopening(tmp_path: Path) -> None:
    history = History()
    for n in range(4):
        original = history.add(f"case:{n}", VISA, n, gap=2)
        history.correct(original, TAX, n + 1)
        history.void(original)
    mirror = Mirror(tmp_path / "m.duckdb")
    mirror.apply(history.page(0, 5))
    mirror.close()
    mirror = Mirror(tmp_path / "m.duckdb")
    assert mirror.position == history.rows[4].position
    mirror.apply(history.page(mirror.position))
    fresh = mirror_of(history)
    for table in TABLES:
        assert rows_as_of(mirror, table, FOREVER - 1).equals(rows_as_of(fresh, table, FOREVER - 1))


def test_a_file_that_is_no_mirror_is_unusable(tmp_path: Path) -> None:
    (tmp_path / "m.duckdb").write_bytes(b"not a database" * 1000)
    with pytest.raises(MirrorUnusable):
        Mirror(tmp_path / "m.duckdb")


def test_a_mirror_of_another_schema_is_unusable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Mirror(tmp_path / "m.duckdb").close()
    monkeypatch.setattr("projections.mirror.schema.EVENT_DEFAULTS", {})
    monkeypatch.setattr("projections.mirror.schema.schema_digest", lambda _: "another")
    with pytest.raises(MirrorUnusable, match="another schema"):
        Mirror(tmp_path / "m.duckdb")


def test_a_reopened_case_of_a_reopened_mirror_counts_once(size: int) -> None:
    history = History()
    history.add("case:1", VISA)
    history.add("case:1", CaseResolved(), 1)
    history.add("case:1", CaseReopened(why="x"), 2)
    with mirror_of(history, size).reading() as reading:
        assert reading.rows("SELECT status, times_reopened, opened_at FROM cases") == [
            ("in_progress", 1, at(0).replace(tzinfo=None))
        ]


def test_an_empty_mirror_is_made_once_and_anew_where_the_one_that_was_kept_is_not_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "kept" / "empty-x.duckdb"
    kept.parent.mkdir()
    kept.write_bytes(b"ab" * 32 + b"\nhalf of it")
    monkeypatch.setattr("projections.mirror.empty._place", lambda _: kept)
    for name in ("one", "two"):
        monkeypatch.setattr("projections.mirror.empty._made", {})
        Mirror(tmp_path / f"{name}.duckdb").close()
        said, _, file = kept.read_bytes().partition(b"\n")
        assert said == hashlib.sha256(file).hexdigest().encode()
        monkeypatch.setattr("projections.mirror.empty.make", None)
    assert [it.name for it in kept.parent.iterdir()] == [kept.name]


def test_a_mirror_without_a_path_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    mirror = Mirror()
    assert list(tmp_path.glob("*/mirror.duckdb"))
    mirror.close()
    assert not list(tmp_path.glob("*/mirror.duckdb*"))


@pytest.mark.parametrize("long", [-1, 0], ids=["of a long record", "of a short one"])
def test_rows_come_in_the_order_that_is_asked_for_however_many(long: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result of more than one chunk is made by several threads."""
    monkeypatch.setattr("projections.mirror.snapshot.LONG", long)
    with empty().reading() as reading:
        found = reading.table("SELECT hash(n) % 50 AS code, n FROM range(50_000) AS r(n)", order="code, n").to_pylist()
    assert found == sorted(found, key=lambda it: (it["code"], it["n"]))


def test_by_texts_that_are_in_force_no_mirror_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    Mirror().close()
    monkeypatch.setattr("projections.mirror.empty.make", None)
    Mirror(wanted=formula_digests(INDICATORS.values())).close()
