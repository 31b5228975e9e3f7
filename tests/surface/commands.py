"""The command line: the help of every command, and what commands say with a server and without one."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sagwan
from tests.commands import command

WIDTH = 100

ALIKE = """
query cases --format csv
query cases --where hub=EU-BRU --format json
query reviews
query caes
query cases --where colour=blue
query cases --format pdf
query editions --known 2025S1/1 --format ndjson
query cases --known 9999
query cases --valid yesterday
replay projects --known 150 --format csv
replay cases --valid 2025-03-31 --where hub=AS-SIN --format json
indicator
indicator HD-01 --by hub,period
indicator HD-1
indicator HD-01 --evidence --format csv
indicator HD-01 --evidence --by hub
indicator --by hub
indicator HD-01 --by colour
indicator EX-01 --known 2025S1/1 --period 2025S1 --by hub --format json
diff 2025S2/1 now
diff 187 9999
diff x 188
check status 2025S2
check status 2024S1
check figures 2025S2 --hub EU-BRU
check sample "SELECT position FROM effective WHERE kind = 'case'" --seed 7 --size 3
check sample "DROP TABLE event" --seed 7
edition list
edition show 2025S1/1
edition show 2025S1/9
edition show 2025S1
token list
proof 60 -o FOLDER/60.tlog-proof
proof 9999 -o FOLDER/none.tlog-proof
proof --check FOLDER/60.tlog-proof
export evidence --known 20 --indicator EX-03 -o FOLDER/pack.zip
export evidence --edition 2025S1/9 -o FOLDER/none.zip
""".strip().splitlines()
"""Said with a server and without one."""

WITHOUT = """
diff 187 188
verify
edition reproduce 2025S2/1
edition reproduce 2025S1/9
person list
person show p-1 --purpose visa
post FOLDER/none.json
import FOLDER/none.csv --mapping FOLDER/none.toml
redact 60 --field purpose --basis law
edition publish 2025S1
query cases --data FOLDER/nowhere
query cases --url nowhere
qurey cases
query
token issue gardener
keygen
person keygen
witness list --dir FOLDER/witness
witness keygen --name witness.example.kr/w1 --dir FOLDER/witness
witness list --dir FOLDER/witness
rebuild
move FOLDER/moved
""".strip().splitlines()

WITH = """
check status 2025S2 --json
check figures 2025S2 --hub EU-BRU --json
edition show 2025S1/1 --json
person list
edition publish 2025S1
move FOLDER/moved
token issue gardener
redact 9999 --field purpose --basis law
""".strip().splitlines()

PUBLIC_KEY = re.compile(r"(witness\.example\.kr/w1)\+[0-9a-f]{8}\+\S+")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def helps() -> Iterator[tuple[str, list[str]]]:
    """Each command with the lines of its help, at a width that does not change."""
    for words in ((), *(it for name in sorted(sagwan.COMMANDS) for it in _commands(sagwan.loaded(name), (name,)))):
        yield " ".join(["sagwan", *words, "--help"]), said([*words, "--help"])["out"]


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield words
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        yield from _commands(inner, (*words, name))


def runs(
    data: Path, lines: list[str], token: str | None, url: str | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each command line with its exit code and what it wrote; FOLDER stands for the one around the data folder."""
    for line in lines:
        words = shlex.split(line.replace("FOLDER", str(data.parent)))
        yield f"sagwan {line}", _masked(said(words, data, token), data, url)


def _masked(answer: dict[str, Any], data: Path, url: str | None) -> dict[str, Any]:
    """Without what the place decides: the temporary folder, the free port, this process, the key that was just made."""
    for stream in ("out", "err"):
        text = "\n".join(answer[stream]).replace(str(data.parent), "FOLDER")
        text = text.replace(f"process {os.getpid()},", "process PID,")
        text = PUBLIC_KEY.sub(r"\1+KEY", text.replace(url, "http://SERVER") if url else text)
        answer[stream] = text.split("\n") if text else []
    return answer


def said(words: list[str], data: Path | None = None, token: str | None = None) -> dict[str, Any]:
    """Runs a command in this process: its exit code and the lines that it wrote."""
    done = command(*words, data=data, token=token, width=WIDTH)
    return {"exit": done.returncode, "out": _lines(done.stdout), "err": _lines(done.stderr)}


def _lines(text: str) -> list[str]:
    return [it.rstrip() for it in COLOUR.sub("", text).splitlines()]
