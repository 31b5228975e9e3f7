"""Names of streams and types, and stored bytes that decode for ever."""

from __future__ import annotations

import msgspec
import pytest

from domain import registry
from domain.period import HalfYear
from domain.record import Refused


@pytest.mark.parametrize("stream", ["case", "case:", "case:a b", "case:/x", "CASE:1", "case:" + "x" * 129, "case:é"])
def test_a_stream_reads_kind_and_key(stream):
    with pytest.raises(Refused) as refusal:
        registry.kind_of(stream)
    assert refusal.value.code == "stream.malformed"


def test_a_fact_goes_on_streams_of_its_own_kind():
    assert registry.check_type_fits("case:AM-2026-000123", "case.opened") == "case"
    assert registry.check_type_fits("case:1", "entry.corrected") == "case"
    for stream, type_ in (("case:1", "project.launched"), ("review:1", "entry.voided")):
        with pytest.raises(Refused) as refusal:
            registry.check_type_fits(stream, type_)
        assert refusal.value.code == "stream.wrong_kind"


def test_every_type_begins_with_a_kind_of_stream():
    assert {name.partition(".")[0] for name in registry.TYPES} == registry.KINDS.keys() | {"entry"}


def test_stored_bytes_decode_for_ever_and_encode_the_same(golden):
    for line in golden:
        assert msgspec.json.encode(registry.entries.decode(line)) == line


def test_every_type_has_a_stored_entry(golden):
    assert {registry.tag(registry.entries.decode(line).fact) for line in golden} == registry.TYPES.keys()


def test_the_half_year_starts_at_midnight_in_seoul():
    half = HalfYear.parse("2025S1")
    assert half.starts_at.isoformat() == "2024-12-31T15:00:00+00:00"
    assert half.ends_at == half.next.starts_at
    assert HalfYear.of(half.starts_at) == half
    assert str(half.next.next) == "2026S1"
    with pytest.raises(ValueError, match="2025S1"):
        HalfYear.parse("2025H1")


def test_a_stream_of_no_kind_is_refused_with_the_kinds_there_are():
    with pytest.raises(Refused, match="no stream is of this kind") as refused:
        registry.kind_of("shoe:1")
    assert (refused.value.code, refused.value.facts["path"]) == ("stream.unknown_kind", "$.subject")
    assert refused.value.facts["kinds"] == sorted(registry.KINDS)
