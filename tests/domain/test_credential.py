"""Who issues and revokes credentials."""

from __future__ import annotations

import pytest

from domain.credential import CredentialIssued, CredentialRevoked
from domain.record import Refused
from tests.domain.given import given, refusal

issued = CredentialIssued(role="hub", hub="EU", digest="ab" * 32)


def test_an_operator_issues_and_revokes():
    assert given("credential", (issued, "o", "operator")).when(CredentialRevoked(), role="operator").status == "revoked"


def test_nobody_else_issues():
    refused = refusal(given("credential"), issued, role="secretariat")
    assert (refused.code, refused.facts) == ("credential.not_yours", {"role": "secretariat"})
    assert "an operator" in str(refused)


def test_a_revoked_credential_stays_revoked():
    revoked = given("credential", (issued, "o", "operator"), (CredentialRevoked(), "o", "operator"))
    with pytest.raises(Refused, match="while revoked"):
        revoked.when(issued, role="operator")


@pytest.mark.parametrize(("role", "hub"), [("hub", None), ("analyst", "EU")])
def test_a_hub_credential_names_its_hub_and_no_other_does(role, hub):
    with pytest.raises(ValueError, match="names its hub"):
        CredentialIssued(role=role, hub=hub, digest="ab" * 32)
