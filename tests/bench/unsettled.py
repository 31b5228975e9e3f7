"""`sagwan` whose tables of figures nobody settles: what settling costs is measured against it."""

from projections.mirror.settler import Settler
from sagwan import main

Settler.run = lambda self: None  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
