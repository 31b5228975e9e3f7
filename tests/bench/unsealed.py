"""`sagwan` whose record nobody seals: what the seal costs is measured against it."""

from journal.log.sealer import Sealer
from sagwan import main

Sealer.run = lambda self: None  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
