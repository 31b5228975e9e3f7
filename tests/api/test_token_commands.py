"""Whoever has the record is not locked out of it: tokens without a server, told by the record itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.serve import serving
from domain.acts.credential import CredentialIssued, CredentialRevoked
from journal.folder import Folder
from journal.log.sealer import SealFolder
from journal.store.journal import Journal
from sagwan import app
from tests.api.test_crash import Server, until
from tests.test_sagwan import sagwan


class Place:
    """A record that was served once, and how commands are told where it is."""

    def __init__(self, data: Path, database: str | None) -> None:
        self.data, self.more = data, ("--database", database) if database else ()
        self.words = ("--data", str(data), *self.more)
        self.at = database or Folder(data).journal
        self.first = asyncio.run(founded(data, database))


async def founded(data: Path, database: str | None) -> str:
    """Serves once, in this process: the operator's token."""
    async with serving(data, database, "127.0.0.1", 0) as (_, token, _):
        assert token
        return token


@pytest.fixture(params=["sqlite", "postgres"])
def closed(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    database = request.getfixturevalue("database") if request.param == "postgres" else None
    return Place(tmp_path / "data", database)


def failed(*words: str) -> str:
    """What a command that fails says, in this process."""
    done = CliRunner().invoke(app, words, env={"SAGWAN_TOKEN": None, "SAGWAN_URL": None})
    assert done.exit_code == 1, done.output
    return str(done.exception)


def test_an_operator_without_a_token_gets_one_on_the_records_machine_and_the_record_says_so(closed: Place) -> None:
    made = sagwan("token", "issue", "operator", "--label", "after a holiday", *closed.words).strip()
    with Journal.at(closed.at) as journal:
        entry = journal.entry(position := journal.position).entry  # type: ignore[union-attr]
    assert isinstance(entry.fact, CredentialIssued)
    assert (entry.actor, entry.role, entry.fact.label) == (
        "c-sagwan",
        "operator",
        "on the record's machine: after a holiday",
    )
    server = Server(closed.data, *closed.more)
    assert server.token == ""
    status, _ = server.ask("GET", "/v1/tokens", None, made)
    assert status == 200
    until(lambda: (seal := SealFolder(closed.data / "log").seal()) is not None and seal.ranks.last >= position)
    server.stop()
    assert "sealed" in sagwan("verify", *closed.words)


def test_credentials_are_listed_and_revoked_without_a_server(closed: Place) -> None:
    made = sagwan("token", "issue", "analyst", *closed.words).strip()
    listed = sagwan("token", "list", *closed.words)
    (line,) = (it for it in listed.splitlines() if "analyst" in it)
    id_ = next(word for word in line.split() if word.startswith("c-"))
    sagwan("token", "revoke", id_, *closed.words)
    assert "revoked" in sagwan("token", "list", *closed.words)
    with Journal.at(closed.at) as journal:
        (_, revoked) = journal.stream(f"credential:{id_}")
    assert revoked.entry.fact == CredentialRevoked(reason="on the record's machine")
    assert "no credential has this id" in failed("token", "revoke", "c-none", *closed.words)
    server = Server(closed.data, *closed.more)
    assert server.ask("GET", "/v1/views", None, made)[0] == 401
    assert server.ask("GET", "/v1/tokens", None, closed.first)[0] == 200
    server.stop()


def test_while_a_server_runs_a_token_is_asked_for_and_the_way_without_one_is_told(closed: Place) -> None:
    server = Server(closed.data, *closed.more)
    for words in (("token", "issue", "operator"), ("token", "list"), ("query", "cases")):
        shown = failed(*words, *closed.words)
        assert "a token" in shown
        assert f"stop the server and say `sagwan token issue operator --data {closed.data}`" in shown
        dead = failed(*words, *closed.words, "--token", "sagwan-operator-lost")
        assert "live token as `Authorization: Bearer …`; an operator issues them; without one, stop" in dead
    assert sagwan("token", "issue", "operator", *closed.words, token=closed.first).startswith("sagwan-operator-")
    server.stop()


def test_who_serves_an_old_record_is_told_how_to_get_a_token(closed: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for known in (False, True):
        if known:
            monkeypatch.setenv("SAGWAN_TOKEN", closed.first)
        server = Server(closed.data, *closed.more)
        server.process.terminate()
        assert server.process.stdout
        said = server.process.stdout.read()
        server.wait()
        assert (f"`sagwan token issue operator --data {closed.data}" in said) is not known


WISHES = {
    ("opertor",): "no role is called so; did you mean operator?",
    ("hub",): "names its hub",
    ("analyst", "--hub", "EU-BRU"): "no other does",
    ("auditor", "--persons", "al"): "did you mean all?",
    ("analyst", "--label", "x" * 300): "1 to 200 characters",
}


def test_what_cannot_be_issued_is_said_the_same_with_and_without_a_server(tmp_path: Path) -> None:
    closed = Place(tmp_path / "data", None)
    for words, says in WISHES.items():
        assert says in failed("token", "issue", *words, *closed.words)
    server = Server(closed.data)
    for words, says in WISHES.items():
        assert says in failed("token", "issue", *words, *closed.words, "--token", closed.first)
    server.stop()
    assert Server(closed.data).ask("GET", "/v1/tokens", None, closed.first)[0] == 200


def test_nothing_is_issued_on_a_record_that_is_not_the_one_that_was_signed(tmp_path: Path) -> None:
    closed = Place(tmp_path / "data", None)
    older = {it: it.read_bytes() for it in closed.data.glob("journal.db*")}
    sagwan("token", "issue", "analyst", *closed.words)
    Server(closed.data).stop()
    for it in closed.data.glob("journal.db*"):
        it.unlink()
    for it, content in older.items():
        it.write_bytes(content)
    assert "rolled back" in failed("token", "issue", "operator", *closed.words)


COMMANDS = [
    ("post", "FILE"),
    ("import", "FILE", "--mapping", "FILE"),
    ("redact", "1", "--field", "a", "--basis", "b"),
    ("person", "list"),
    ("person", "add", "JSON"),
    ("person", "show", "p-1", "--purpose", "a"),
    ("person", "erase", "p-1", "--basis", "a"),
    ("person", "hold", "p-1", "--law", "a"),
    ("person", "consent", "p-1", "--purpose", "a"),
    ("edition", "publish", "2025S1"),
]


def test_that_no_server_runs_is_said_before_a_token_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("FILE", "JSON"):
        Path(name).write_text("{}")
    for words in COMMANDS:
        assert "no server runs on data" in failed(*words, "--data", "data"), words
    for words in (("token", "issue", "operator"), ("token", "list"), ("query", "cases"), ("export", "evidence")):
        assert "there is no record at data/journal.db" in failed(*words, "--data", "data"), words
    assert not Path("data").exists()
    for url in ("localhost:8440", "file:///etc"):
        assert "is no address of a server" in failed("query", "cases", "--url", url, "--token", "x")
