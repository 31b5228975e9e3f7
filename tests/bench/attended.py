"""`sagwan` whose figures of now are kept up as if somebody asked for them all the time: what that costs is measured."""

from projections.mirror import settler
from sagwan import main

settler.ATTENTION_SECONDS = float("inf")

if __name__ == "__main__":
    main()
