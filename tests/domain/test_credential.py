"""Who issues and revokes credentials."""

from __future__ import annotations

import msgspec
import pytest

from domain.acts.credential import CredentialIssued, CredentialRevoked
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


@pytest.mark.parametrize("hub", ["", "EU BRU", "한국", "A/B", "EU-BRU\n", "-EU", "E" * 129])
def test_a_hub_that_can_never_be_designated_gets_no_credential(hub):
    refused = refusal(given("credential"), CredentialIssued(role="hub", hub=hub, digest="ab" * 32), role="operator")
    assert (refused.code, refused.facts["path"]) == ("credential.hub", "$.data.hub")


@pytest.mark.parametrize("length", [0, 201, 4000])
def test_a_label_is_short(length):
    issue = CredentialIssued(role="auditor", label="x" * length, digest="ab" * 32)
    assert refusal(given("credential"), issue, role="operator").code == "credential.label"


def test_the_longest_hub_and_label_are_taken():
    longest = CredentialIssued(role="hub", hub="E" * 128, label="가" * 200, digest="ab" * 32)
    assert given("credential").when(longest, role="operator").issue == longest


def test_what_was_recorded_longer_or_empty_reads_as_it_is():
    for hub, label in (("", "x" * 4000), ("E U" * 200, "")):
        it = CredentialIssued(role="hub", hub=hub, label=label, digest="ab" * 32)
        assert msgspec.json.decode(msgspec.json.encode(it), type=CredentialIssued) == it
