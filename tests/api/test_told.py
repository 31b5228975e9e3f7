"""What is told is shown, in the state of its stream and in rows of views; also late, corrected and voided."""

from __future__ import annotations

from typing import Any

from tests.api.door import Answer, Door, event


def told(door: Door, type_: str, subject: str, time: str, data: Any = None, who: str = "EU-BRU") -> Answer:
    answer = door.post(event(type_, subject, f"{type_}-{subject}-{time}", data, time=f"{time}T09:00:00Z"), who=who)
    assert answer.status == 201, answer.body
    return answer


def rows(door: Door, view: str, after: Answer, more: str = "", who: str = "auditor") -> list[dict[str, Any]]:
    answer = door.get(f"/v1/views/{view}?after={after.body['position']}{more}", who=who)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.body["rows"]
    return found


def state(door: Door, stream: str) -> dict[str, Any]:
    found: dict[str, Any] = door.get(f"/v1/streams/{stream}", who="auditor").body["state"]
    return found


def corrected(door: Door, original: Answer, subject: str, data: Any, who: str = "EU-BRU") -> Answer:
    restated = {"entry": original.body["position"], "reason": "CLERICAL", "data": data}
    return told(door, "entry.corrected", subject, "2026-02-01", restated, who)


def voided(door: Door, original: Answer, subject: str, who: str = "EU-BRU") -> Answer:
    return told(
        door,
        "entry.voided",
        subject,
        "2026-02-02",
        {"entry": original.body["position"], "reason": "DUPLICATE"},
        who,
    )


def only(row: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


def test_a_map_shows_scores_with_unit_method_and_reference_year(door: Door) -> None:
    stream, who = "map:semiconductor-1", "secretariat"
    draft = {
        "field": "NST12/SEMICONDUCTOR",
        "edition": 1,
        "scheme_version": "2022",
        "title_ko": "반도체 전략지도",
        "title_en": "Semiconductor map",
    }
    told(door, "map.drafted", stream, "2024-06-01", draft, who)
    score = {"sub_tech": "chiplets", "country": "US", "score": "98.4", "unit": "%", "method": "papers+patents"}
    first = told(door, "map.level_assessed", stream, "2024-07-01", score | {"rank": 1, "reference_year": 2022}, who)
    told(door, "map.level_assessed", stream, "2024-07-02", score | {"score": "99.1", "reference_year": 2023}, who)
    gap = {"sub_tech": "chiplets", "country": "US", "score": "-0.5", "unit": "years", "reference_year": 2023}
    told(door, "map.level_assessed", stream, "2024-07-03", gap, who)
    twice = told(door, "map.level_assessed", stream, "2024-07-04", gap | {"country": "DE"}, who)
    last = told(door, "map.approved", stream, "2024-12-06", {"in_force_from": "2024-12-06", "session": "2024-12"}, who)

    def levels(after: Answer, more: str = "") -> list[tuple[Any, ...]]:
        columns = ("country", "rank", "score", "unit", "method", "reference_year")
        return [only(it, *columns) for it in rows(door, "map_levels", after, more)]

    nothing = "0.500000000000"
    assert levels(last) == [
        ("DE", None, f"-{nothing}", "years", None, 2023),
        ("US", 1, "98.400000000000", "%", "papers+patents", 2022),
        ("US", None, "99.100000000000", "%", "papers+patents", 2023),
        ("US", None, f"-{nothing}", "years", None, 2023),
    ]
    (edition,) = rows(door, "strategy_maps", last)
    assert only(edition, "session", "scheme_version", "title_en", "superseded_by") == (
        "2024-12",
        "2022",
        "Semiconductor map",
        None,
    )
    mended = corrected(door, first, stream, score | {"rank": 2, "score": "97.9", "reference_year": 2022}, who)
    assert ("US", 2, "97.900000000000", "%", "papers+patents", 2022) in levels(mended)
    after = voided(door, twice, stream, who)
    assert [it[0] for it in levels(after)] == ["US", "US", "US"]
    assert len(levels(after, f"&known={last.body['position']}")) == 4, "as it was known when it was approved"
    late = told(door, "map.level_assessed", stream, "2024-08-01", gap | {"country": "JP", "score": "-1"}, who)
    assert [it[0] for it in levels(late)] == ["JP", "US", "US", "US"]
    assert state(door, stream)["assessments"]["chiplets/US/%/papers+patents/2022"]["score"] == "97.9"
    by = told(door, "map.superseded", stream, "2025-12-01", {"on": "2025-12-01", "by": "semiconductor-2"}, who)
    assert rows(door, "strategy_maps", by)[0]["superseded_by"] == "semiconductor-2"


def test_an_expansion_shows_services_deals_and_what_came_of_it(door: Door) -> None:
    stream = "expansion:1"
    told(door, "expansion.company_enrolled", stream, "2025-01-10", {"company": "kr-1", "target_countries": ["VN"]})
    told(door, "expansion.support_delivered", stream, "2025-02-01", {"service": "LEGAL", "hours": "3.5"})
    contract = {"contract_ref": "C-1", "money": {"amount": "1000", "currency": "KRW"}, "country": "VN"}
    signed = told(door, "expansion.contract_signed", stream, "2025-03-01", contract)
    invested = {"investment_ref": "I-1", "money": {"amount": "50", "currency": "EUR"}, "stage": "SEED"}
    told(door, "expansion.investment_secured", stream, "2025-04-01", invested)
    twice = told(door, "expansion.investment_secured", stream, "2025-04-02", invested | {"investment_ref": "I-1b"})
    told(door, "expansion.local_entity_established", stream, "2025-05-12", {"country": "VN", "on": "2025-05-12"})
    last = told(door, "expansion.closed", stream, "2025-06-01", {"result": "ENTERED", "note": "goes on alone"})

    def deals(after: Answer) -> list[tuple[Any, ...]]:
        columns = ("kind", "ref", "amount", "currency", "country", "stage", "krw")
        return [only(it, *columns) for it in rows(door, "expansion_deals", after)]

    amounts = ("1000.000000000000", "50.000000000000")
    c, i = ("contract", "C-1"), ("investment", "I-1")
    assert deals(last) == [
        (*c, amounts[0], "KRW", "VN", None, "1000.00"),
        (*i, amounts[1], "EUR", None, "SEED", None),
        ("investment", "I-1b", amounts[1], "EUR", None, "SEED", None),
    ]
    (shown,) = rows(door, "expansions", last)
    assert only(shown, "result", "note", "established") == ("ENTERED", "goes on alone", {"VN": "2025-05-12"})
    corrected(door, signed, stream, contract | {"country": "SG"})
    after = voided(door, twice, stream)
    assert [(*it[:2], it[4]) for it in deals(after)] == [(*c, "SG"), (*i, None)]
    late = told(door, "expansion.support_delivered", stream, "2025-01-20", {"service": "PATENT"})
    services = [only(it, "company", "service", "hours") for it in rows(door, "expansion_support", late)]
    assert services == [("kr-1", "PATENT", None), ("kr-1", "LEGAL", "3.500000000000")]
    assert [it["service"] for it in state(door, stream)["support"]] == ["PATENT", "LEGAL"]


def test_an_exchange_shows_purpose_institutions_and_outcome(door: Door) -> None:
    stream = "exchange:1"
    plan = {
        "direction": "OUTBOUND",
        "from_org": "KIST",
        "to_org": "KU Leuven",
        "country": "BE",
        "field": "NST12/AI",
        "purpose": "joint experiments",
        "planned_from": "2025-03-01",
        "planned_until": "2025-05-30",
    }
    nominated = told(door, "exchange.nominated", stream, "2025-01-10", plan)
    told(door, "exchange.accepted", stream, "2025-02-01", {"by": "KU Leuven"})
    told(door, "exchange.arrived", stream, "2025-03-03", {"on": "2025-03-03", "approval_ref": "SEC-1"})
    last = told(door, "exchange.outcome_recognised", stream, "2025-07-01", {"outcome": "JOINT_PAPER"})
    names = ("from_org", "to_org", "field", "purpose", "planned_from", "accepted_by", "approval_ref", "outcome")
    expected = ["KIST", "KU Leuven", "NST12/AI", "joint experiments", "2025-03-01", "KU Leuven", "SEC-1", "JOINT_PAPER"]
    (shown,) = rows(door, "exchanges", last)
    assert [shown[name] for name in names] == expected == [state(door, stream)[name] for name in names]
    corrected(door, nominated, stream, plan | {"to_org": "imec"})
    after = voided(door, last, stream)
    (shown,) = rows(door, "exchanges", after)
    assert only(shown, "to_org", "outcome", "recognised") == ("imec", None, False)
    assert rows(door, "exchanges", after, f"&known={last.body['position']}")[0]["outcome"] == "JOINT_PAPER"
    told(door, "exchange.nominated", "exchange:2", "2025-01-11", plan)
    cancelled = told(door, "exchange.cancelled", "exchange:2", "2025-02-11", {"reason": "no visa"})
    assert [it["reason"] for it in rows(door, "exchanges", cancelled)] == [None, "no visa"]


def test_a_project_shows_who_invests_what_and_what_was_reached(door: Door) -> None:
    stream = "project:1"
    told(door, "project.proposed", stream, "2025-01-10", {"title_en": "Chiplets", "fields": ["NST12/AI", "own"]})
    share = {"partner": "imec", "role": "JOINT", "country": "BE"}
    money = {"amount": "300000", "currency": "EUR"}
    joined = told(door, "project.partner_joined", stream, "2025-01-20", share | {"contribution": money})
    won = {"amount": "500", "currency": "KRW"}
    told(door, "project.funding_committed", stream, "2025-02-01", {"money": won, "funder": "KR", "period": "2025S1"})
    disbursed = told(door, "project.funding_disbursed", stream, "2025-03-01", {"money": won, "funder": "KR"})
    told(door, "project.milestone_reached", stream, "2025-04-01", {"milestone": "prototype"})
    told(door, "project.evaluated", stream, "2025-05-01", {"kind": "STAGE", "grade": "A"})
    told(
        door,
        "project.output_reported",
        stream,
        "2025-06-01",
        {"output": "o", "kind": "PAPER", "pid": "10.1000/182", "pid_scheme": "DOI", "countries": ["KR", "BE"]},
    )
    last = told(door, "project.output_verified", stream, "2025-06-02", {"output": "o", "method": "DOI lookup"})

    def spent(after: Answer, more: str = "") -> list[tuple[Any, ...]]:
        return [only(it, "kind", "funder", "krw", "period") for it in rows(door, "project_money", after, more)]

    assert spent(last) == [("committed", "KR", "500.00", "2025S1"), ("disbursed", "KR", "500.00", None)]
    (shown,) = rows(door, "projects", last)
    assert only(shown, "fields", "milestones") == (["NST12/AI", "own"], {"prototype": "2025-04-01T09:00:00Z"})
    assert [(it["kind"], it["grade"]) for it in shown["evaluations"]] == [("STAGE", "A")]
    (result,) = rows(door, "project_results", last)
    assert only(result, "output", "standing", "pid", "pid_scheme", "countries", "method") == (
        "o",
        "verified",
        "10.1000/182",
        "DOI",
        ["KR", "BE"],
        "DOI lookup",
    )
    (who,) = rows(door, "project_participants", last)
    assert only(who, "partner", "role", "country") == ("imec", "JOINT", "BE")
    assert who["contribution"] == {"amount": "300000.000000000000", "currency": "EUR"}
    corrected(door, joined, stream, share | {"role": "LEAD"})
    after = voided(door, disbursed, stream)
    (who,) = rows(door, "project_participants", after)
    assert only(who, "role", "contribution") == ("LEAD", None)
    assert spent(after) == [("committed", "KR", "500.00", "2025S1")]
    late = told(door, "project.funding_spent", stream, "2025-02-10", {"money": won, "funder": "KR"})
    assert spent(late, "&where=kind=spent") == [("spent", "KR", "500.00", None)]
    assert [it["kind"] for it in state(door, stream)["funding"]] == ["committed", "spent"]


def test_what_is_not_for_everybody_is_not_in_rows_of_its_own_either(door: Door) -> None:
    stream = "project:secret"
    told(door, "project.proposed", stream, "2025-01-10", {"title_en": "Secret"})
    told(door, "project.partner_joined", stream, "2025-01-20", {"partner": "imec", "role": "JOINT"})
    told(
        door,
        "project.funding_spent",
        stream,
        "2025-02-10",
        {"money": {"amount": "1", "currency": "KRW"}, "funder": "KR"},
    )
    told(door, "project.output_reported", stream, "2025-06-01", {"output": "o", "kind": "PAPER"})
    last = told(
        door, "project.security_class_assigned", stream, "2025-06-02", {"security_class": "SECURED", "basis": "x"}
    )
    for view in ("project_participants", "project_money", "project_results"):
        assert len(rows(door, view, last, who="EU-BRU")) == 1, view
        assert rows(door, view, last, who="AS-SIN") == [], view


def test_a_referral_is_due_until_work_goes_on_and_only_the_hub_reads_who_rated(door: Door) -> None:
    stream = "case:1"
    told(door, "case.opened", stream, "2026-01-05", {"topic": "visa", "language": "ko", "requester": "p-17"})
    told(door, "case.assigned", stream, "2026-01-06", {"team": "visa"})
    referred = told(door, "case.referred", stream, "2026-01-07", {"body": "attache-BE", "due_on": "2026-01-14"})

    def owed(after: Answer, more: str = "") -> list[tuple[Any, ...]]:
        found = rows(door, "deadlines", after, "&where=owes=referral" + more)
        return [only(it, "hub", "subject", "due_on", "overdue") for it in found]

    assert owed(referred) == [("EU-BRU", stream, "2026-01-14", True)]
    assert owed(referred, "&valid=2026-01-10") == [("EU-BRU", stream, "2026-01-14", False)]
    again = corrected(door, referred, stream, {"body": "attache-BE", "due_on": "2026-01-21"})
    assert [it[2] for it in owed(again)] == ["2026-01-21"]
    last = told(door, "case.clock_started", stream, "2026-01-20")
    assert owed(last) == []
    told(door, "case.resolved", stream, "2026-01-21", {"resolution": "issued"})
    rated = told(door, "case.satisfaction_rated", stream, "2026-01-22", {"score": 5, "by": "p-17"})
    names = ("channel", "language", "requester", "team", "referral_due_on", "resolution")
    (own,) = rows(door, "cases", rated, who="EU-BRU")
    assert only(own, *names) == ("other", "ko", "p-17", "visa", "2026-01-21", "issued")
    (others,) = rows(door, "cases", rated, who="AS-SIN")
    assert (own["rated_by"], others["rated_by"], others["score"]) == ("p-17", None, None)
    assert own["stops"] == []


def test_evidence_shows_who_was_given_it_and_why_it_was_destroyed(door: Door) -> None:
    stream, digest = "evidence:1", "ab" * 32
    kept = {"sha256": digest, "bytes": 7, "media_type": "text/plain", "custodian": "EU-BRU", "retention": "Y1"}
    told(door, "evidence.deposited", stream, "2020-01-05", kept)
    read = told(door, "evidence.accessed", stream, "2020-03-01", {"by": "c-1", "purpose": "audit"}, "operator")
    (access,) = rows(door, "evidence_accesses", read)
    assert only(access, "sha256", "by", "purpose") == (digest, "c-1", "audit")
    last = told(door, "evidence.purged", stream, "2022-01-05", {"legal_basis": "Public Records Act 27"})
    (shown,) = rows(door, "evidence_items", last)
    assert only(shown, "status", "media_type", "bytes", "legal_basis") == (
        "purged",
        "text/plain",
        7,
        "Public Records Act 27",
    )
