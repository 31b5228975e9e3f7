"""Where DuckDB spills what does not fit into memory: never into the folder of the record, which must not fill up."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
import uuid
from pathlib import Path

MOST = "8GB"
"""How much of it there may be."""


def spill_folder(mirror: Path | None) -> Path:
    """A folder for this mirror in the system's place for temporary files (TMPDIR), readable by nobody else."""
    base = Path(tempfile.gettempdir()) / f"sagwan-{os.getuid() if hasattr(os, 'getuid') else 'tables'}"
    base.mkdir(mode=0o700, exist_ok=True)
    status = base.lstat()
    if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
        return Path(tempfile.mkdtemp(prefix="sagwan-"))
    named = str(mirror.absolute()) if mirror else f"in memory {uuid.uuid4()}"
    return base / hashlib.sha256(named.encode()).hexdigest()[:16]


def empty_spill_folder(folder: Path) -> None:
    """Removes what a killed process left there; the caller owns the mirror."""
    shutil.rmtree(folder, ignore_errors=True)


def memory_limit() -> int:
    """How much memory the tables take at most, in bytes: half of the machine's."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):
        return 4 * 1024**3
