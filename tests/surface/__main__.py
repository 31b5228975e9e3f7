"""`python -m tests.surface record`: asks everything and keeps what is answered, as of the commit of now."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.surface import recording
from tests.surface.served import record, serving


def main() -> None:
    if sys.argv[1:] != ["record"]:
        sys.exit("python -m tests.surface record")
    with tempfile.TemporaryDirectory() as place:
        folder = record(Path(place) / "served/data")
        with serving(folder) as server:
            found = recording.over_http(server)
        found["tables"] = recording.of_tables(folder)
        found["codes"] = recording.of_source()
        found |= recording.of_commands(Path(place))
    for section, answers in found.items():
        recording.save(section, answers)
        print(f"{section}: {len(answers)}")


if __name__ == "__main__":
    main()
