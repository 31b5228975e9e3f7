"""A token that was revoked opens nothing, whatever is read about tokens at the same time."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from api import credentials
from api.problems import Problem
from api.server.access import Access
from journal.store.journal import Journal
from journal.store.writer import Writer


def test_credentials_that_were_read_before_a_revocation_are_not_put_in_place_after_it(
    place: Path | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal.at(place, write=True) as journal:
        writer = Writer(journal)
        writer.start()
        id_, token, issued = credentials.issue_credential(credentials.SYSTEM, "analyst")
        access = Access(journal)
        writer.record(issued)

        read, go, whole = threading.Event(), threading.Event(), credentials.credentials_of

        def slowly(of: Journal) -> Any:
            found = whole(of)
            if not read.is_set():
                read.set()
                go.wait(10)
            return found

        monkeypatch.setattr(credentials, "credentials_of", slowly)
        first = threading.Thread(target=access.load)
        first.start()
        assert read.wait(10)
        writer.record(credentials.revoke_credential(credentials.SYSTEM, id_))
        second = threading.Thread(target=access.load)
        second.start()
        second.join(0.5)
        go.set()
        first.join(10)
        second.join(10)
        writer.stop()
        with pytest.raises(Problem) as refused:
            access.actor(make_mocked_request("GET", "/", headers={"Authorization": f"Bearer {token}"}))
        assert refused.value.status == 401
