"""Cosignatures collected from real witnesses: some away, some false, some behind, some that saw another fork."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from aiohttp import web

from api.server.witness_client import WitnessClient
from api.witness.server import serving_witness
from journal.log.note import COSIGNATURE, SigningKey
from journal.witness.policy import Policy, WitnessEndpoint
from journal.witness.witness import Memory
from tests.journal.log import Log

Place = tuple[str, SigningKey]


@contextlib.asynccontextmanager
async def witness(folder: Path, *trusted: Log) -> AsyncIterator[Place]:
    """A real one, in a folder of its own; the same folder is the same witness."""
    key = prepared(folder, trusted)
    async with serving_witness(folder, key, "127.0.0.1", 0) as url:
        yield url, key


def prepared(folder: Path, trusted: Sequence[Log]) -> SigningKey:
    if not folder.exists():
        folder.mkdir()
        made = SigningKey.generate(f"witness.example.kr/{folder.name}", COSIGNATURE)
        made.save(folder / "key")
        Memory.found(folder, made.verifier)
    with contextlib.closing(Memory(folder)) as memory:
        for log in trusted:
            memory.trust(log.key.verifier)
    return SigningKey.load(folder / "key")


@contextlib.asynccontextmanager
async def impostor(answer: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[Place]:
    """A server that answers as it likes in the place of a witness."""
    app = web.Application()
    app.add_routes([web.post("/add-checkpoint", answer)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    yield f"http://{host}:{port}", SigningKey.generate("witness.example.kr/impostor", COSIGNATURE)
    await runner.cleanup()


def nowhere(name: str = "away") -> Place:
    return "http://127.0.0.1:9", SigningKey.generate(f"witness.example.kr/{name}", COSIGNATURE)


def policy(required: int, *places: Place) -> Policy:
    return Policy(required, tuple(WitnessEndpoint(url, str(key.verifier)) for url, key in places))


def proofs(log: Log) -> Callable[[int, int], Awaitable[Sequence[bytes]]]:
    async def consistency(old: int, size: int) -> Sequence[bytes]:
        assert 0 < old < size
        return log.proof(old, size)

    return consistency


async def asked_once(cosigner: WitnessClient, log: Log) -> str:
    """The log's checkpoint with the cosignatures that one round brings."""
    note = log.checkpoint()
    return note + "".join(f"{line}\n" for line in await cosigner.cosign(note, proofs(log)))


def loud(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [it.getMessage() for it in caplog.records if it.levelno == logging.CRITICAL]


def test_a_checkpoint_is_witnessed_by_as_many_as_the_policy_requires(tmp_path, caplog):
    async def story() -> None:
        log = Log(entries=3)
        async with witness(tmp_path / "a", log) as a, witness(tmp_path / "b", log) as b:
            for required, places in ((2, (a, b)), (2, (a, b, nowhere())), (1, (b, nowhere()))):
                chosen = policy(required, *places)
                async with WitnessClient(chosen) as cosigner:
                    for more in (0, 1, 300):
                        log.grow(more)
                        assert chosen.witnessed(await asked_once(cosigner, log))
            chosen = policy(3, a, b, nowhere())
            async with WitnessClient(chosen) as cosigner:
                note = await asked_once(cosigner, log)
                assert not chosen.witnessed(note)
                assert len(chosen.cosignatures(note)) == 2

    asyncio.run(story())
    assert loud(caplog) == []


def test_a_record_without_witnesses_asks_nobody(tmp_path):
    async def story() -> None:
        async with WitnessClient(Policy()) as cosigner:
            assert await cosigner.cosign(Log(entries=3).checkpoint(), proofs(Log())) == []

    asyncio.run(story())


def test_after_a_restart_a_witness_tells_what_it_saw_and_is_asked_again_with_a_proof(tmp_path):
    async def story() -> None:
        log = Log(entries=3)
        async with witness(tmp_path / "a", log) as a:
            chosen = policy(1, a)
            for more in (0, 10, 0, 1000):
                log.grow(more)
                async with WitnessClient(chosen) as cosigner:
                    assert chosen.witnessed(await asked_once(cosigner, log))

    asyncio.run(story())


def test_a_witness_that_was_away_catches_up(tmp_path):
    async def story() -> None:
        log = Log(entries=3)
        async with witness(tmp_path / "a", log) as a, WitnessClient(policy(1, a)) as cosigner:
            await asked_once(cosigner, log)
        log.grow(40)
        async with witness(tmp_path / "a") as a, witness(tmp_path / "b", log) as b:
            chosen = policy(2, a, b)
            async with WitnessClient(chosen) as cosigner:
                assert chosen.witnessed(await asked_once(cosigner, log))

    asyncio.run(story())


def test_a_witness_that_hangs_costs_its_time_out_once_and_is_then_left_alone(tmp_path):
    asked = 0

    async def hang(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        await asyncio.sleep(60)
        return web.Response()

    async def story() -> None:
        log = Log(entries=3)
        clock = asyncio.get_running_loop().time
        async with witness(tmp_path / "a", log) as a, impostor(hang) as b:
            chosen = policy(1, a, b)
            async with WitnessClient(chosen, seconds=0.3) as cosigner:
                begun = clock()
                assert chosen.witnessed(await asked_once(cosigner, log))
                first = clock() - begun
                for _ in range(3):
                    assert chosen.witnessed(await asked_once(cosigner, log.grow(1)))
                assert first >= 0.3
                assert asked == 1

    asyncio.run(story())


def test_a_witness_that_failed_is_asked_again_after_a_pause(tmp_path, monkeypatch):
    monkeypatch.setattr("api.server.witness_client.FIRST_PAUSE", 0.05)
    answers = iter([500, 503])

    async def story() -> None:
        log = Log(entries=3)
        key = SigningKey.generate("witness.example.kr/impostor", COSIGNATURE)

        async def answer(request: web.Request) -> web.Response:
            if status := next(answers, None):
                return web.Response(status=status)
            text = (await request.text()).split("\n\n")[1] + "\n"
            return web.Response(text=key.cosign(text, 1732233600) + "\n")

        async with impostor(answer) as (url, _):
            chosen = policy(1, (url, key))
            async with WitnessClient(chosen) as cosigner:
                for _ in range(500):
                    if chosen.witnessed(await asked_once(cosigner, log)):
                        return
                    await asyncio.sleep(0.02)
        pytest.fail("it never came back")

    asyncio.run(story())


COUNT = iter(range(1000))
LIES = {
    "a signature on something else": lambda key, text: (200, key.cosign(text.replace("\n3\n", "\n4\n"), 1) + "\n"),
    "the note of something else": lambda key, text: (200, "x\n\n" + key.cosign(f"{text}\nx\n", 1) + "\n"),
    "a signature of another key": lambda key, _: (
        200,
        SigningKey.generate(key.verifier.name, 4).cosign("x\n", 1) + "\n",
    ),
    "nothing": lambda *_: (200, ""),
    "nonsense": lambda *_: (200, "\x00" * 200_000),
    "a size that is none": lambda *_: (409, "many\n"),
    "the size it was given": lambda *_: (409, "0\n"),
    "sizes without end": lambda *_: (409, f"{1 + next(COUNT) % 2}\n"),
    "another way": lambda *_: (307, "elsewhere"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_witness_that_lies_is_logged_and_what_it_said_is_not_kept(tmp_path, caplog, lie):
    async def story() -> None:
        log = Log(entries=3)

        async def answer(request: web.Request) -> web.Response:
            text = (await request.text()).split("\n\n")[1] + "\n"
            status, said = LIES[lie](key, text)
            return web.Response(status=status, text=said, headers={"Location": "/x"} if status == 307 else {})

        async with witness(tmp_path / "a", log) as a, impostor(answer) as b:
            key = b[1]
            chosen = policy(1, a, b)
            async with WitnessClient(chosen) as cosigner:
                note = await asked_once(cosigner, log)
                assert [it.key for it in chosen.cosignatures(note)] == [a[1].verifier]
                assert note.count("—") == 2

    asyncio.run(story())
    assert any("impostor" in it.getMessage() for it in caplog.records if it.levelno == logging.ERROR)


def test_two_forks_shown_to_two_witnesses_are_found_when_either_sees_the_other(tmp_path, caplog):
    async def story() -> None:
        ours = Log(entries=10)
        theirs = ours.fork(7, 6)
        async with witness(tmp_path / "a", ours) as a, witness(tmp_path / "b", ours) as b:
            both = policy(2, a, b)
            async with WitnessClient(policy(1, a)) as one, WitnessClient(policy(1, b)) as other:
                assert both.required == 2
                assert not both.witnessed(await asked_once(one, ours))
                assert not both.witnessed(await asked_once(other, theirs))
            assert loud(caplog) == []
            for fork in (ours.grow(8), theirs.grow(8)):
                async with WitnessClient(both) as cosigner:
                    assert not both.witnessed(await asked_once(cosigner, fork))

    asyncio.run(story())
    said = loud(caplog)
    for name in ("a", "b"):
        assert any(f"{name}: it is not convinced" in it for it in said), "the record says so"
        (kept,) = (tmp_path / name / "refused").glob("*.txt")
        assert any(str(kept) in it for it in said), "the witness says so"


def test_another_root_at_the_size_seen_and_a_record_that_went_back_are_said_loudly(tmp_path, caplog):
    async def story() -> None:
        log = Log(entries=10)
        async with witness(tmp_path / "a", log) as a:
            chosen = policy(1, a)
            for later in (log, log.fork(9, 1), log.fork(8, 0)):
                async with WitnessClient(chosen) as cosigner:
                    assert chosen.witnessed(await asked_once(cosigner, later)) is (later is log)

    asyncio.run(story())
    said = [it for it in loud(caplog) if it.startswith("witness.example.kr/a")]
    assert ["another root at size 10" in it for it in said] == [True, False]
    assert "seen 10 entries of this record, which now shows 8" in said[1]


def test_a_record_that_no_longer_is_trusted_is_told_what_to_do(tmp_path, caplog):
    async def story() -> None:
        async with witness(tmp_path / "a") as a, WitnessClient(policy(1, a)) as cosigner:
            await asked_once(cosigner, Log(entries=1))

    asyncio.run(story())
    assert "sagwan witness trust" in caplog.text


def test_checkpoints_asked_for_at_once_do_not_disturb_each_other(tmp_path, caplog):
    async def story() -> None:
        log = Log(entries=40)
        async with witness(tmp_path / "a", log) as a, WitnessClient(policy(1, a)) as cosigner:
            notes = [log.checkpoint(size) for size in (5, 40, 20, 40, 1)]
            lines = await asyncio.gather(*(cosigner.cosign(note, proofs(log)) for note in notes))
            assert cosigner.policy.witnessed(notes[1] + lines[1][0] + "\n")

    asyncio.run(story())
    assert loud(caplog) == []


def test_a_proof_that_cannot_be_made_is_a_fault_of_ours_that_stops_nobody(tmp_path, caplog):
    async def broken(old: int, size: int) -> Sequence[bytes]:
        raise RuntimeError("no tiles")

    async def story() -> None:
        log = Log(entries=4)
        async with witness(tmp_path / "a", log) as a, witness(tmp_path / "b", log) as b:
            async with WitnessClient(policy(1, a)) as cosigner:
                await asked_once(cosigner, log)
            async with WitnessClient(policy(1, a, b)) as cosigner:
                assert len(await cosigner.cosign(log.grow(1).checkpoint(), broken)) == 1

    asyncio.run(story())
    assert "was not asked" in caplog.text
