"""Commands as a newcomer types them, run in this process: most tests are not about the start of an interpreter."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import sagwan

for name in sagwan.COMMANDS:
    sagwan.loaded(name)  # now: a console keeps the width at which it was made, and no command that runs here decides it


class Done(NamedTuple):
    """How a command ended, and what it wrote: `output` to both of its ends, in order."""

    returncode: int
    stdout: str
    stderr: str
    output: str


class _Both(io.BytesIO):
    """Keeps what is written, and passes it on."""

    def __init__(self, all_: io.BytesIO) -> None:
        super().__init__()
        self.all = all_

    def write(self, some: bytes) -> int:  # type: ignore[override]
        self.all.write(some)
        return super().write(some)


def command(
    *words: object, token: str | None = None, cwd: Path | None = None, data: Path | None = None, width: int = 240
) -> Done:
    """Runs `sagwan …` as its process would: its arguments, its environment, its folder, its exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SAGWAN_")}
    environment |= {"COLUMNS": str(width)} | ({"SAGWAN_TOKEN": token} if token else {})
    environment |= {"SAGWAN_DATA": str(data)} if data else {}
    both = io.BytesIO()
    out, err = (io.TextIOWrapper(_Both(both), "utf-8", write_through=True) for _ in range(2))
    code = 0
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        contextlib.chdir(cwd or Path.cwd()),
        mock.patch.object(sys, "argv", ["sagwan", *map(str, words)]),
        mock.patch.object(sys.modules["__main__"], "__package__", None),  # or help names whatever runs this
        mock.patch.dict(os.environ, environment, clear=True),
    ):
        try:
            sagwan.main()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
    return Done(code, *(it.decode() for it in (out.buffer.getvalue(), err.buffer.getvalue(), both.getvalue())))
