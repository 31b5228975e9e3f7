"""What several tests begin with, made once a run by whichever worker wants it first. Whoever needs it has a copy."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw-1")[2:]) + 1
"""The number of this process among those that run tests, 0 where it is alone."""


def made_once(folders: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that nobody opens, filled by `make` unless another worker has done it."""
    own = folders.getbasetemp()
    folder = (own.parent if WORKER else own) / name
    with FileLock(folder.with_suffix(".lock")):
        if not (whole := folder.with_suffix(".whole")).exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
            folder.mkdir()
            make(folder)
            whole.touch()
    return folder
