"""Every read, by the name under which commands ask it."""

from __future__ import annotations

from api import formats
from api.reads import checks, events, log, packs, streams, tables, types
from api.reads.read import Read

POINTS = "known valid fx* after"
TABLE = f"format raw where* {POINTS}"
SEALED = "size witnessed"

EVENTS = Read("/v1/events", events.pages, "after limit type hub stream format", events.FORMATS)
EVENT = Read("/v1/events/{position}", events.one)
TYPES = Read("/v1/types", types.listing, public=True)
TYPE = Read("/v1/types/{type}", types.one, public=True)
STREAM = Read("/v1/streams/{stream}", streams.stream, "known valid after")
VIEWS = Read("/v1/views", tables.views)
VIEW = Read("/v1/views/{view}", tables.view, f"{TABLE} suppress", formats.TYPES)
INDICATORS = Read("/v1/indicators", tables.indicators, "format raw", formats.TYPES)
INDICATOR = Read("/v1/indicators/{code}", tables.indicator, f"{TABLE} by period suppress", formats.TYPES)
EVIDENCE = Read(
    "/v1/indicators/{code}/evidence",
    tables.evidence,
    f"{TABLE} period {SEALED}",
    formats.TYPES | {"tlog-proof": "application/zip"},
)
DIFF = Read("/v1/diff", streams.changes, "a b")
PACK = Read("/v1/export/evidence", packs.evidence, f"{POINTS} indicator*")
CHECKS = Read("/v1/checks", checks.listing, "known after")
CHECK = Read("/v1/checks/{period}", checks.one, "known after")
CHECK_FIGURES = Read("/v1/checks/{period}/figures", checks.figures, "hub")
LATE_REGISTER = Read("/v1/checks/{period}/late", checks.late, "known after")
SAMPLE = Read("/v1/sample", checks.sample, "population seed size position")
EDITIONS = Read("/v1/editions", checks.editions)
EDITIONS_OF = Read("/v1/editions/{period}", checks.editions)
EDITION = Read("/v1/editions/{period}/{number}", checks.edition, "format")
EDITION_FILE = Read("/v1/editions/{period}/{number}.{format}", checks.edition)
MIRROR_TABLE = Read("/v1/mirror/{table}", streams.mirror_table, "position")
CHECKPOINT = Read("/v1/log/checkpoint", log.checkpoint, f"position {SEALED}", public=True)
TILE = Read("/v1/log/tile/{level}/{path}", log.tile, public=True)
PROOF = Read("/v1/log/proof", log.proof, f"position event format from to {SEALED}", log.PROOFS, public=True)

ALL = [it for it in globals().values() if isinstance(it, Read)]
