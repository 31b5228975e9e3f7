"""What a witness stands by, what it refuses, and that it never forgets."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journal.folder import Busy
from journal.log.checkpoint import Checkpoint
from journal.log.note import (
    COSIGNATURE,
    BadSignature,
    MalformedNote,
    NoTrustedSignature,
    SigningKey,
    open_note,
    signed_note,
)
from journal.log.tlog import EMPTY_ROOT, NotProven
from journal.witness.witness import ForkProven, Memory, OtherSize, Proposal, SeenHead, UnknownOrigin, Witness
from tests.journal.log import Log

KEY = SigningKey.generate("witness.example.kr/w1", COSIGNATURE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A witness that trusts nobody yet."""
    Memory.found(tmp_path, KEY.verifier)
    return tmp_path


@pytest.fixture
def witness(folder: Path) -> Iterator[Witness]:
    with closing(Witness(folder, KEY)) as it:
        yield it


@pytest.fixture
def log(witness: Witness) -> Log:
    """A record of ten entries that the witness trusts and has seen."""
    it = Log(entries=10)
    witness.memory.trust(it.key.verifier)
    witness.update(Proposal(0, [], it.checkpoint()))
    return it


def cosigned(checkpoint: str, line: str) -> Checkpoint:
    """The checkpoint that the line is a cosignature of."""
    text, _ = open_note(checkpoint + line + "\n", [KEY.verifier])
    return Checkpoint.parse(text)


def test_it_stands_by_a_first_head_and_by_each_that_continues_it(witness):
    log = Log()
    witness.memory.trust(log.key.verifier)
    old = 0
    for more in (0, 1, 1, 254, 1, 0, 300):
        log.grow(more)
        line = witness.update(Proposal(old, log.proof(old), log.checkpoint()))
        assert cosigned(log.checkpoint(), line) == Checkpoint(log.name, log.size, log.root(log.size))
        old = log.size


def test_it_cosigns_what_it_has_seen_again_and_again(witness, log):
    for _ in range(3):
        assert cosigned(log.checkpoint(), witness.update(Proposal(10, [], log.checkpoint()))).size == 10


def test_a_fork_at_the_same_size_is_refused_loudly_and_both_heads_are_kept(witness, log, caplog):
    fork = log.fork(9, 1)
    with pytest.raises(ForkProven) as refused:
        witness.update(Proposal(10, [], fork.checkpoint()))
    assert refused.value.size == 10
    (said,) = [it.getMessage() for it in caplog.records if it.levelno == logging.CRITICAL]
    assert all(word in said for word in (log.name, log.root(10).hex(), fork.root(10).hex(), "size 10"))
    (kept,) = (witness.folder.path / "refused").glob("*.txt")
    assert log.checkpoint() in kept.read_text()
    assert fork.checkpoint() in kept.read_text()
    assert cosigned(log.checkpoint(), witness.update(Proposal(10, [], log.checkpoint()))).size == 10


def test_a_longer_fork_finds_no_proof_and_is_refused_as_loudly(witness, log, caplog):
    fork = log.fork(9, 5)
    with pytest.raises(NotProven):
        witness.update(Proposal(10, fork.proof(10), fork.checkpoint()))
    with pytest.raises(NotProven):
        witness.update(Proposal(10, log.grow(4).proof(10), fork.checkpoint()))
    said = [it.getMessage() for it in caplog.records if it.levelno == logging.CRITICAL]
    assert all(fork.root(14).hex() in it and log.root(10).hex() in it for it in said)
    (kept,) = (witness.folder.path / "refused").glob("*.txt")
    assert fork.checkpoint() in kept.read_text()
    assert witness.memory.head(log.name).size == 10


def test_a_proof_must_begin_at_what_was_seen_last(witness, log):
    log.grow(10)
    for old, proof in ((0, []), (9, log.proof(9)), (11, log.proof(11))):
        with pytest.raises(OtherSize) as refused:
            witness.update(Proposal(old, proof, log.checkpoint()))
        assert refused.value.size == 10
    with pytest.raises(OtherSize):
        witness.update(Proposal(5, [], log.checkpoint(5)))
    witness.update(Proposal(10, log.proof(10), log.checkpoint()))


def test_a_proof_too_long_or_where_none_is_needed_is_refused(witness, log):
    with pytest.raises(NotProven):
        witness.update(Proposal(10, [EMPTY_ROOT], log.checkpoint()))
    log.grow(3)
    with pytest.raises(NotProven):
        witness.update(Proposal(10, [*log.proof(10), EMPTY_ROOT], log.checkpoint()))
    other = Log("record.example.kr/other", 3)
    witness.memory.trust(other.key.verifier)
    with pytest.raises(NotProven):
        witness.update(Proposal(0, [EMPTY_ROOT], other.checkpoint()))


def test_an_old_size_beyond_the_checkpoint_is_no_request(witness, log):
    with pytest.raises(MalformedNote, match="11"):
        witness.update(Proposal(11, [], log.checkpoint()))


def test_a_record_nobody_trusts_and_a_key_nobody_trusts_are_two_things(witness, log):
    with pytest.raises(UnknownOrigin):
        witness.update(Proposal(0, [], Log("stranger.example.kr", 1).checkpoint()))
    with pytest.raises(NoTrustedSignature):
        witness.update(Proposal(10, [], Log(log.name, 10).checkpoint()))
    text, _ = log.checkpoint().split("\n\n")
    with pytest.raises(BadSignature):
        witness.update(Proposal(10, [], signed_note(text + "\n", log.key.sign("other\n"))))


def test_an_empty_tree_has_one_root(witness):
    log = Log()
    witness.memory.trust(log.key.verifier)
    text = Checkpoint(log.name, 0, secrets.token_bytes(32)).text
    with pytest.raises(ForkProven):
        witness.update(Proposal(0, [], signed_note(text, log.key.sign(text))))
    assert cosigned(log.checkpoint(), witness.update(Proposal(0, [], log.checkpoint()))).root == EMPTY_ROOT


def test_a_record_with_a_new_key_is_trusted_with_both_until_the_old_is_removed(witness, log):
    new = Log(log.name)
    new.entries = log.entries
    with pytest.raises(NoTrustedSignature):
        witness.update(Proposal(10, [], new.checkpoint()))
    witness.memory.trust(new.key.verifier)
    for either in (log, new):
        witness.update(Proposal(10, [], either.checkpoint()))
    witness.memory.distrust(log.key.verifier)
    with pytest.raises(NoTrustedSignature):
        witness.update(Proposal(10, [], log.checkpoint()))
    with pytest.raises(ForkProven):
        witness.update(Proposal(10, [], Log(log.name, 10, new.key).checkpoint()))


def test_records_are_seen_apart(witness, log):
    other = Log("record.example.kr/other", 3)
    witness.memory.trust(other.key.verifier)
    witness.update(Proposal(0, [], other.checkpoint()))
    witness.update(Proposal(10, [], log.checkpoint()))
    assert [witness.memory.head(it.name).size for it in (log, other)] == [10, 3]


def test_what_was_seen_is_there_after_a_restart(folder):
    log = Log(entries=7)
    with closing(Witness(folder, KEY)) as witness:
        witness.memory.trust(log.key.verifier)
        witness.update(Proposal(0, [], log.checkpoint()))
    with closing(Witness(folder, KEY)) as witness:
        assert witness.memory.head(log.name) == SeenHead(7, log.root(7), log.checkpoint())
        with pytest.raises(ForkProven):
            witness.update(Proposal(7, [], log.fork(6, 1).checkpoint()))


def test_a_witness_is_one_process_with_one_key_and_a_memory_that_is_made_once(folder, witness):
    with pytest.raises(Busy):
        Witness(folder, KEY)
    with pytest.raises(FileExistsError):
        Memory.found(folder, KEY.verifier)
    with pytest.raises(ValueError, match="memory of"):
        Witness(folder, SigningKey.generate("witness.example.kr/w2", COSIGNATURE))


def test_a_lost_or_damaged_memory_is_not_begun_anew(tmp_path):
    with pytest.raises(ValueError, match="keygen"):
        Witness(tmp_path, KEY)
    for content in (b"", b"nonsense" * 1000):
        (tmp_path / "witness.db").write_bytes(content)
        with pytest.raises(ValueError, match="new key"):
            Witness(tmp_path, KEY)


def test_the_memory_itself_refuses_to_shrink_or_forget(folder, witness, log):
    with closing(sqlite3.connect(folder / "witness.db", isolation_level=None)) as connection:
        for harm in (
            "UPDATE head SET size = size - 1",
            "UPDATE head SET root = zeroblob(32)",
            "DELETE FROM head",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="a witness does not"):
                connection.execute(harm)


def test_the_key_of_a_witness_is_not_trusted_as_a_record(witness):
    with pytest.raises(ValueError, match="key of a witness"):
        witness.memory.trust(KEY.verifier)


def test_of_many_that_ask_at_once_with_two_forks_one_fork_wins(witness, log):
    forks = [log.fork(10, 40) for _ in range(2)]
    given: list[Checkpoint] = []

    def ask(fork: Log) -> None:
        for size in range(11, 51):
            old = witness.memory.head(log.name).size
            with suppress(OtherSize, NotProven, MalformedNote):
                proposal = Proposal(old, fork.proof(old, size) if old <= size else [], fork.checkpoint(size))
                given.append(cosigned(proposal.checkpoint, witness.update(proposal)))

    threads = [threading.Thread(target=ask, args=(fork,)) for fork in forks * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert given
    assert any(all(fork.root(it.size) == it.root for it in given) for fork in forks)


digests = st.binary(min_size=32, max_size=32)


@given(st.integers(0, 2**63 - 1), st.lists(digests, max_size=63))
def test_a_request_comes_back_as_it_was(old, proof):
    proposal = Proposal(old, proof, Log(entries=1).checkpoint())
    assert Proposal.parse(str(proposal).encode()) == proposal


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 1\n",
        b"old 01\n\nx\n",
        b"old -1\n\nx\n",
        b"old\n\nx\n",
        b"new 1\n\nx\n",
        b"old 1\r\n\nx\n",
        b"old 1\nnonsense\n\nx\n",
        b"old 1\n" + b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n" * 64 + b"\nx\n",
        b"old 1\n\xff\n\nx\n",
    ],
)
def test_what_is_not_exactly_a_request_is_malformed(body):
    with pytest.raises(MalformedNote):
        Proposal.parse(body)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12), st.integers(0, 12)), max_size=25))
def test_whatever_is_asked_it_stands_by_one_history(tmp_path_factory, asked):
    """Three records of one name that fork at different places; every cosigned head is a prefix of the last."""
    folder = tmp_path_factory.mktemp("witness")
    Memory.found(folder, KEY.verifier)
    a = Log(entries=12)
    logs = {"a": a, "b": a.fork(3, 9), "c": a.fork(8, 4)}
    with closing(Witness(folder, KEY)) as witness:
        witness.memory.trust(a.key.verifier)
        given = []
        for name, old, size in asked:
            log = logs[name]
            with suppress(OtherSize, NotProven, MalformedNote):
                witness.update(Proposal(old, log.proof(old, size) if old <= size else [], log.checkpoint(size)))
                given.append((size, log.root(size)))
    assert [size for size, _ in given] == sorted(size for size, _ in given)
    assert not given or any(all(log.root(size) == root for size, root in given) for log in logs.values())
