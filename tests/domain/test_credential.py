"""Who issues, rotates and revokes credentials, and what may be said in one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from domain.acts.credential import (
    CredentialIssued,
    CredentialRevoked,
    CredentialRotated,
    Scope,
    cross_stream_check,
    initial,
)
from domain.record import Refused
from tests.domain.given import START, entry, given, refusal

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


@pytest.mark.parametrize(
    ("role", "scope", "more"),
    [
        ("official", None, {}),
        ("official", Scope(), {}),
        ("official", Scope(classes=("SECURED",)), {}),
        ("analyst", Scope(hubs=("EU",)), {}),
        ("secretariat", Scope(), {}),
        ("operator", Scope(withhold_persons=True), {}),
        ("auditor", Scope(ministries=("MSIT",)), {"persons": "all"}),
    ],
)
def test_a_scope_is_of_officials_who_name_something_and_of_auditors_without_names_of_persons(role, scope, more):
    issue = CredentialIssued(role=role, scope=scope, digest="ab" * 32, **more)
    assert refusal(given("credential"), issue, role="operator").code == "credential.scope"


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        ("official", Scope(hubs=("EU",))),
        ("official", Scope(ministries=("MSIT",), classes=("SECURED",))),
        ("official", Scope(regions=("EUROPE",), withhold_persons=True)),
        ("auditor", Scope()),
        ("auditor", None),
    ],
)
def test_officials_and_auditors_are_issued_scopes(role, scope):
    issue = CredentialIssued(role=role, scope=scope, digest="ab" * 32)
    assert given("credential").when(issue, role="operator").issue == issue


def test_a_scope_names_hubs_as_streams_do():
    issue = CredentialIssued(role="official", scope=Scope(hubs=("EU BRU",)), digest="ab" * 32)
    assert refusal(given("credential"), issue, role="operator").code == "credential.hub"


def test_a_rotated_credential_has_the_new_token_and_its_end():
    later = START + timedelta(days=400)
    rotated = given("credential", (issued, "o", "operator")).when(
        CredentialRotated(digest="cd" * 32, expires_at=later), role="operator"
    )
    assert (rotated.status, rotated.digest, rotated.expires_at, rotated.issue) == ("issued", "cd" * 32, later, issued)


@pytest.mark.parametrize(
    "at",
    [
        datetime(2020, 1, 1, tzinfo=UTC),
        datetime(2999, 1, 1),  # noqa: DTZ001
        datetime(2999, 1, 1, tzinfo=timezone(timedelta(hours=9))),
    ],
)
def test_a_credential_ends_at_a_moment_to_come_in_utc(at):
    for history, fact in (
        (given("credential"), CredentialIssued(role="analyst", digest="ab" * 32, expires_at=at)),
        (given("credential", (issued, "o", "operator")), CredentialRotated(digest="cd" * 32, expires_at=at)),
    ):
        assert refusal(history, fact, role="operator").code == "credential.expiry"


def test_a_credential_is_of_a_person_whom_the_record_knows():
    class Others:
        position = 1

        def __init__(self, *streams):
            self.streams = streams

        def state(self, stream):
            raise AssertionError(stream)

        def recorded(self, stream):
            return stream in self.streams

    issue = entry(CredentialIssued(role="auditor", digest="ab" * 32, person="p-1"), stream="credential:c-1")
    cross_stream_check(initial, issue, Others("person:p-1"))
    with pytest.raises(Refused) as refused:
        cross_stream_check(initial, issue, Others())
    assert refused.value.code == "credential.person"
