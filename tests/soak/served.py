"""`sagwan` by a clock on the wall that is off by as many seconds as the file says that `SOAK_CLOCK` names."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from api.server import engine
from journal.trusted_clock import TrustedClock, now
from sagwan import main

OFF = Path(os.environ["SOAK_CLOCK"])


def wall() -> datetime:
    return now() + timedelta(seconds=float(OFF.read_text()))


class Shifted(TrustedClock):
    def __init__(self) -> None:
        super().__init__(wall)


if __name__ == "__main__":
    with patch.object(engine, "TrustedClock", Shifted):
        main()
