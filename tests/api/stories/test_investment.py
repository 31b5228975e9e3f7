"""Somebody invests in a company: late, corrected and voided; nothing of it can be planned."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.stories.telling import S, Story

CASE, OTHER = "expansion:1", "expansion:2"
COMPANY = {"company": "kr-1", "target_countries": ["VN"]}
PROOF = "ab" * 32


def secured(amount: str, currency: str = "KRW", ref: str = "A", **more: Any) -> dict[str, Any]:
    return {"investment_ref": ref, "money": {"amount": amount, "currency": currency}, **more}


@pytest.fixture
def begun(story: Story) -> Story:
    story.tell("EU-BRU", "expansion.company_enrolled", CASE, COMPANY, "2026-03-02")
    return story


def test_foreign_money_counts_once_its_rate_is_told(begun: Story) -> None:
    first = secured("100", "USD", stage="SERIES_A", partner="p-jp", country="JP")
    told = begun.tell("EU-BRU", "expansion.investment_secured", CASE, first, "2026-05-04", evidence=PROOF)
    row = begun.told_of("DX-02", "2026S1")
    assert (row["value"], row["missing"]) == (None, 1)
    rates = {"version": 1, "as_of": "2026-06-01", "source": "한국은행", "rates": {"USD": {"2026-05-04": "1400"}}}
    begun.tell(S, "fx.published", "fx:2026S1", rates, "2026-06-01")
    assert begun.figure("DX-02", "2026S1") == 140_000
    assert begun.figure("DX-02", "2026S1", country="JP") == 140_000, "of whoever invests"
    (deal,) = begun.rows("expansion_deals")
    assert (deal["kind"], deal["ref"], deal["stage"], deal["partner"], deal["country"], deal["evidenced"]) == (
        "investment", "A", "SERIES_A", "p-jp", "JP", True,
    )  # fmt: skip
    state = begun.state(CASE)["deals"]["investment/A/p-jp"]
    assert (state["stage"], state["partner"], state["country"]) == ("SERIES_A", "p-jp", "JP")

    begun.correct("EU-BRU", CASE, told, secured("100", "USD", stage="SERIES_B", partner="p-jp"), evidence=PROOF)
    assert begun.figure("DX-02", "2026S1", country="VN") == 140_000, "without its own, in the target of the company"
    assert begun.rows("expansion_deals")[0]["stage"] == "SERIES_B"
    begun.correct("EU-BRU", CASE, told, first, occurred_at="2025-12-20T01:00:00Z", evidence=PROOF)
    assert begun.figure("DX-02", "2026S1") is None
    row = begun.told_of("DX-02", "2025S2")
    assert (row["value"], row["missing"]) == (None, 1), "in the half-year before, for which no rate is told"
    begun.void("EU-BRU", CASE, told)
    assert (begun.rows("expansion_deals"), begun.state(CASE)["investments"]) == ([], {})


def test_one_investment_that_two_hubs_tell_counts_once_and_one_without_evidence_apart(begun: Story) -> None:
    begun.tell("AS-SIN", "expansion.company_enrolled", OTHER, COMPANY, "2026-03-02")
    told = begun.tell("EU-BRU", "expansion.investment_secured", CASE, secured("100"), "2026-05-04", evidence=PROOF)
    again = begun.tell("AS-SIN", "expansion.investment_secured", OTHER, secured("90"), "2026-05-06", evidence=PROOF)
    assert begun.irregular("expansion.deal_counted_twice") == [again]
    assert (begun.figure("DX-02", "2026S1"), begun.figure("DX-02", "2026S1", hub="AS-SIN")) == (100, None)
    begun.void("EU-BRU", CASE, told)
    assert (begun.figure("DX-02", "2026S1", hub="AS-SIN"), begun.irregular("expansion.deal_counted_twice")) == (90, [])

    late = begun.tell("EU-BRU", "expansion.investment_secured", CASE, secured("7", ref="B"), "2025-12-20")
    assert begun.irregular("expansion.amount_without_evidence") == [late]
    assert (begun.figure("DX-02U", "2025S2"), begun.figure("DX-02", "2025S2")) == (7, None)
    begun.correct("EU-BRU", CASE, late, secured("8", ref="B"), occurred_at="2025-12-20T01:00:00Z", evidence=PROOF)
    assert (begun.figure("DX-02U", "2025S2"), begun.figure("DX-02", "2025S2")) == (None, 8)
    assert begun.irregular("expansion.amount_without_evidence") == []
    ahead = begun.refused("EU-BRU", "expansion.investment_secured", CASE, secured("1"), "2026-06-02")
    assert ahead == ("time.future", "$.time"), "what is not yet secured is not told"
