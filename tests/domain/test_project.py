"""What a joint project is after what happened to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from domain.facts.project import (
    AgreementSigned,
    CreditShared,
    ExportControlDetermined,
    FollowOnLinked,
    OutputRejected,
    OutputReported,
    OutputVerified,
    ProjectAmended,
    ProjectCompleted,
    ProjectLaunched,
    ProjectPartnerJoined,
    ProjectProposed,
    ProjectResumed,
    ProjectSuspended,
    ProjectTerminated,
    ProjectWithdrawn,
    SecurityClassAssigned,
    TrlAssessed,
)
from domain.values import Money
from tests.domain.given import START, given

proposed = ProjectProposed(title_en="Chiplets", fields=("NST12/SEMI", "NST12/AI"))
classified = SecurityClassAssigned(security_class="GENERAL", basis="decree 44")
agreed = AgreementSigned(starts_on=date(2025, 4, 1), ends_on=date(2028, 3, 31))
launched = ProjectLaunched(on=date(2025, 4, 1))


def test_a_project_runs_its_course():
    project = given("project", proposed, classified, agreed, launched).when(ProjectCompleted())
    assert (project.status, project.field, project.proposed_at) == ("completed", "NST12/SEMI", START)


def test_a_class_makes_a_proposal_classified_and_a_launched_project_nothing_else():
    assert given("project", proposed).when(classified).status == "classified"
    assert given("project", proposed, agreed, launched).when(classified).status == "launched"


def test_a_project_may_be_suspended_resumed_terminated_or_withdrawn():
    suspended = given("project", proposed, launched, ProjectSuspended(reason="flood"))
    assert suspended.state.status == "suspended"
    assert suspended.when(ProjectResumed()).status == "launched"
    assert suspended.when(ProjectTerminated(reason="flood")).status == "terminated"
    assert given("project", proposed).when(ProjectWithdrawn()).status == "withdrawn"


def test_an_amendment_changes_what_it_names_and_nothing_else():
    project = given("project", agreed).when(ProjectAmended(ends_on=date(2029, 3, 31)))
    assert (project.starts_on, project.ends_on) == (date(2025, 4, 1), date(2029, 3, 31))


def test_partners_are_counted_once_with_their_country():
    joined = ProjectPartnerJoined(partner="999886574", role="LEAD", country="IL")
    assert given("project", proposed, joined).when(joined).partners == {"999886574": "IL"}


@pytest.mark.parametrize("shares", [{}, {"A": "0.5"}, {"A": "0.333333", "B": "0.333333", "C": "0.333333"}])
def test_shares_that_miss_one_are_no_fact(shares):
    with pytest.raises(ValueError, match="exactly 1"):
        CreditShared(shares={hub: Decimal(share) for hub, share in shares.items()})


def test_a_share_is_more_than_nothing():
    with pytest.raises(ValueError, match="more than 0"):
        CreditShared(shares={"A": Decimal("1.5"), "B": Decimal("-0.5")})


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e30", "0.0000000000001"])
def test_money_is_finite_and_fits_the_tables(amount):
    with pytest.raises(ValueError, match="amount"):
        Money(Decimal(amount), "EUR")


def test_a_currency_that_does_not_exist_is_no_money():
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(Decimal(1), "XXL")


def test_readiness_is_one_to_nine():
    with pytest.raises(ValueError, match="1 to 9"):
        TrlAssessed(level=10, assessor_role="hub")


def test_shares_that_miss_one_by_a_rounding_are_refused_with_the_difference():
    with pytest.raises(ValueError, match=r"not 0\.999999; the difference is 0\.000001"):
        CreditShared(shares=dict.fromkeys("ABC", Decimal("0.333333")))


def test_an_output_stands_where_it_was_last_put():
    reported = OutputReported(output="o-1", kind="PAPER", pid="10.1000/xyz", pid_scheme="DOI", countries=("KR", "BE"))
    project = given("project", proposed, reported)
    assert project.state.outputs == {"o-1": "reported"}
    assert project.when(OutputVerified(output="o-1", method="crossref")).outputs == {"o-1": "verified"}
    assert project.when(OutputRejected(output="o-1", method="crossref")).outputs == {"o-1": "rejected"}


def test_a_doi_that_is_none_is_no_identifier():
    with pytest.raises(ValueError, match="reads like"):
        OutputReported(output="o-1", kind="PAPER", pid="https://doi.org/10.1000/xyz", pid_scheme="DOI")
    with pytest.raises(ValueError, match="there is no pid"):
        OutputReported(output="o-1", kind="PAPER", pid_scheme="DOI")


def test_an_export_determination_and_a_follow_on_are_kept():
    project = given("project", proposed, ExportControlDetermined(result="REFUSED", ref="r"))
    assert project.state.export_control == "REFUSED"
    assert project.when(FollowOnLinked(project="EU-2")).follow_ons == {"EU-2"}
