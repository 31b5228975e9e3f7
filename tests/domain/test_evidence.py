"""What an evidence item is after what happened to it."""

from __future__ import annotations

import pytest

from domain.facts.evidence import EvidenceAccessed, EvidenceDeposited, EvidencePurged
from tests.domain.given import given

deposited = EvidenceDeposited(
    sha256="ab" * 32, bytes=9, media_type="application/pdf", custodian="EU-BRU", retention="Y10"
)


def test_an_item_is_deposited_read_and_purged_and_its_digest_stays():
    item = given("evidence", deposited, EvidenceAccessed(by="c-9", purpose="sample"))
    assert (item.state.status, item.state.accesses) == ("deposited", 1)
    purged = item.when(EvidencePurged(legal_basis="Public Records Act decree 43"))
    assert (purged.status, purged.sha256) == ("purged", "ab" * 32)


def test_a_file_has_no_negative_length():
    with pytest.raises(ValueError, match="0 or more"):
        EvidenceDeposited(sha256="ab" * 32, bytes=-1, media_type="x", custodian="x", retention="Y1")
