"""`sagwan witness …`: being a witness of other records, and choosing the witnesses of one's own."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path
from typing import Annotated

import typer

from api.options import Data
from api.terminal_lines import say
from domain.messages import Invalid, of_library
from journal.log.note import COSIGNATURE, SigningKey, VerifierKey
from journal.witness.policy import Policy, WitnessEndpoint
from journal.witness.witness import Memory

app = typer.Typer(no_args_is_help=True, help="Stand by other records (keygen, trust, serve); choose one's own (add).")

Dir = Annotated[Path, typer.Option("--dir", envvar="SAGWAN_WITNESS_DIR", help="The folder of this witness.")]
Key = Annotated[Path | None, typer.Option("--key", help="The file of its key; by default witness.key in the folder.")]
Required = Annotated[int | None, typer.Option(help="How many witnesses make a checkpoint count as witnessed.")]
Vkey = Annotated[str, typer.Argument(metavar="KEY", help="The verifier key of a record: name+id+base64.")]

HERE = Path("sagwan-witness")


@app.command()
def keygen(
    name: Annotated[str, typer.Option(help="Such as witness.example.kr/w1; a URL without scheme, for ever.")],
    dir: Dir = HERE,
    key: Key = None,
) -> None:
    """Makes a witness: its key and its memory, once. Prints the key that records are given."""
    made = SigningKey.generate(name, COSIGNATURE)
    for path in (file := _key(dir, key), dir / "witness.db"):
        if path.exists():
            raise Invalid("witness.there", path=path)
    dir.mkdir(parents=True, exist_ok=True)
    made.save(file)
    Memory.found(dir, made.verifier)
    typer.echo(made.verifier)


@app.command()
def trust(
    vkey: Vkey,
    dir: Dir = HERE,
    remove: Annotated[bool, typer.Option("--remove", help="No longer; what was seen of the record stays.")] = False,
) -> None:
    """From now on looks at checkpoints that this key of a record signs; a running server too."""
    memory = Memory(dir)
    read = VerifierKey.parse(vkey)
    (memory.distrust if remove else memory.trust)(read)
    memory.close()


@app.command("list")
def list_(dir: Dir = HERE) -> None:
    """The witness's own key, then each trusted key and the longest head seen of its record."""
    memory = Memory(dir)
    say("witness.own", key=str(memory.key))
    for key in memory.trusted():
        head = memory.head(key.name)
        say("witness.trusts", key=str(key), size=head.size, root=head.root.hex())
    memory.close()
    for path in sorted((dir / "refused").glob("*.txt")):
        say("witness.refused", path=path)


@app.command()
def serve(
    dir: Dir = HERE,
    host: Annotated[str, typer.Option(envvar="SAGWAN_WITNESS_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="SAGWAN_WITNESS_PORT", help="0 takes a free one.")] = 8441,
    key: Key = None,
) -> None:
    """Serves add-checkpoint (C2SP tlog-witness) for the records that it trusts."""
    file = _key(dir, key)
    if not file.exists():
        raise Invalid("witness.no_key", path=file)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(_serve(dir, SigningKey.load(file), host, port))


async def _serve(dir: Path, key: SigningKey, host: str, port: int) -> None:
    from api.witness.server import serving_witness

    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    try:
        async with serving_witness(dir, key, host, port) as url:
            say("witness.serving", key=str(key.verifier), url=url)
            await stopped.wait()
    except OSError as error:
        raise Invalid(
            "command.listen", host=host, port=port, because=of_library(str(error.strerror or error))
        ) from None


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Where its add-checkpoint lies.")],
    key: Annotated[str, typer.Argument(help="Its verifier key.")],
    required: Required = None,
    data: Data = Path("sagwan-data"),
) -> None:
    """From the next start on the record asks this witness to stand by its checkpoints."""
    policy = Policy.load(data)
    _choose(data, Policy(required or policy.required, (*policy.witness, WitnessEndpoint(url, key))))


@app.command()
def remove(
    name: Annotated[str, typer.Argument(help="The name in its key.")],
    required: Required = None,
    data: Data = Path("sagwan-data"),
) -> None:
    """The record no longer asks this witness."""
    policy = Policy.load(data)
    rest = tuple(it for it in policy.witness if it.verifier.name != name)
    if rest == policy.witness:
        if not rest:
            raise Invalid("witness.nobody_asked", name=name)
        raise Invalid("witness.not_asked", name=name, there=[it.verifier.name for it in rest])
    _choose(data, Policy(required or policy.required, rest))


def _choose(data: Path, policy: Policy) -> None:
    data.mkdir(parents=True, exist_ok=True)
    policy.save(data)
    if policy.witness:
        say("policy.of", required=policy.required, there=len(policy.witness))
    else:
        say("policy.none")
    for it in policy.witness:
        typer.echo(f"{it.key} {it.url}")


def _key(dir: Path, key: Path | None) -> Path:
    return key or dir / "witness.key"
