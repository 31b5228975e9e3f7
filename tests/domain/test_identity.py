"""Whose a name is: the space of an assertion, and what no source may say."""

from __future__ import annotations

import pytest

from domain.identity import check_source, identity_digests, identity_space
from domain.input_policy.authority import Actor
from domain.record import Refused

EU, SECRETARIAT = Actor("c-1", "hub", "EU-BRU"), Actor("s-1", "secretariat")


@pytest.mark.parametrize(
    ("role", "hub", "source", "type_", "expected"),
    [
        ("hub", "EU-BRU", "desk", "case.opened", "hub:EU-BRU"),
        ("hub", "EU-BRU", "sagwan", "case.opened", "hub:EU-BRU"),
        ("secretariat", "EU-BRU", "desk", "hub.designated", "secretariat"),
        ("secretariat", "", "sagwan", "check.edition_published", "sagwan"),
        ("operator", "", "sagwan", "credential.revoked", "sagwan"),
        ("secretariat", "", "sagwan", "calendar.published", "secretariat"),
        ("operator", "", "tool", "credential.revoked", "operator"),
    ],
)
def test_the_space_follows_from_the_entry(role, hub, source, type_, expected):
    assert identity_space(role, hub, source, type_) == expected


def test_spaces_sources_and_ids_are_kept_apart():
    told = [("hub:A", "b", "c"), ("hub:B", "b", "c"), ("hub:A", "bc", ""), ("hub:A", "", "bc"), ("hub:A", 'b","c', "")]
    assert len({identity_digests(*it)[0] for it in told}) == len(told)


def test_what_is_not_in_nfc_is_known_in_both_forms():
    nfd, nfc = "\u1100\u1161", "\uac00"
    assert identity_digests("x", "desk", nfc) == identity_digests("x", "desk", nfd)[1:]
    assert len(identity_digests("x", "desk", nfd)) == 2
    assert len(identity_digests("x", nfd, nfc)) == 2


@pytest.mark.parametrize(
    "source",
    ["sagwan", "sagwan/vault", "Sagwan", "sagwan:x", "hub:AS-SIN", "hub:AS-SIN/keys", "hub/AS-SIN", "HUB:AS-SIN/desk",
     "hub://AS-SIN/desk", "hub:eu-bru"],
)  # fmt: skip
def test_a_source_that_names_another_hub_or_the_machine_is_refused(source):
    for actor in (EU, SECRETARIAT):
        with pytest.raises(Refused) as refusal:
            check_source(actor, source)
        assert (refusal.value.code, refusal.value.facts["path"]) == ("authority.source", "$.source")


@pytest.mark.parametrize("source", ["hub:EU-BRU", "hub:EU-BRU/desk", "hub/EU-BRU", "desk", "sagwandesk", "hubs", "a:b"])
def test_any_other_source_is_the_posters_own(source):
    check_source(EU, source)
