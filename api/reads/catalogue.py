"""Every read, by the name under which commands ask it."""

from __future__ import annotations

from api import formats
from api.reads import checks, events, log, packs, streams, tables, types
from api.reads.grammar import ROWS
from api.reads.read import Read

POINTS = "known valid fx* after"
TABLE = f"format raw {ROWS} {POINTS}"
SEALED = "size witnessed"

EVENTS = Read(
    "/v1/events",
    events.read_events,
    "after before limit type hub stream kind where* order fields format",
    events.FORMATS,
    of="record",
)
FEED = "after type hub stream kind format"
"""Of the feed of new entries, which is no read: it has no end."""

EVENT = Read("/v1/events/{position}", events.read_event, of="record")
TYPES = Read("/v1/types", types.list_types, public=True)
TYPE = Read("/v1/types/{type}", types.read_type, public=True)
STREAM = Read("/v1/streams/{stream}", streams.read_stream, "known valid after", of="record", clocked=True)
VIEWS = Read("/v1/views", tables.list_views)
VIEW = Read(
    "/v1/views/{view}",
    tables.read_view,
    f"{TABLE} suppress",
    formats.MEDIA_TYPES,
    past=True,
    of="tables",
    clocked=True,
)
INDICATORS = Read("/v1/indicators", tables.list_indicators, "format raw", formats.MEDIA_TYPES, of="record")
INDICATOR = Read(
    "/v1/indicators/{code}",
    tables.read_indicator,
    f"{TABLE} by period suppress",
    formats.MEDIA_TYPES,
    past=True,
    of="figures",
    clocked=True,
)
EVIDENCE = Read(
    "/v1/indicators/{code}/evidence",
    tables.read_contributing_entries,
    f"{TABLE} period {SEALED}",
    formats.MEDIA_TYPES | {"tlog-proof": "application/zip"},
    past=True,
    of="figures",
    clocked=True,
)
DIFF = Read("/v1/diff", streams.read_diff, "a b", long=True, of="record")
PACK = Read(
    "/v1/export/evidence",
    packs.read_evidence_pack,
    f"{POINTS} indicator*",
    house="packs",
    long=True,
    download=True,
    of="record",
    clocked=True,
)
CHECKS = Read("/v1/checks", checks.list_checks, "known after", of="record", clocked=True)
CHECK = Read("/v1/checks/{period}", checks.read_check, "known after", of="record", clocked=True)
CHECK_FIGURES = Read("/v1/checks/{period}/figures", checks.read_check_figures, "hub", of="record", clocked=True)
LATE_REGISTER = Read("/v1/checks/{period}/late", checks.read_late_register, "known after", long=True, of="record")
SAMPLE = Read(
    "/v1/sample",
    checks.read_sample,
    "population seed size position",
    house="sample",
    of="record",
)
EDITIONS = Read("/v1/editions", checks.list_editions, of="record")
EDITIONS_OF = Read("/v1/editions/{period}", checks.list_editions, of="record")
EDITION = Read("/v1/editions/{period}/{number}", checks.read_edition, "format lang", of="record")
EDITION_FILE = Read("/v1/editions/{period}/{number}.{format}", checks.read_edition, "lang", of="record")
EDITION_CONTENT = Read("/v1/editions/contents/{digest}", checks.read_edition_content)
MIRROR_TABLE = Read(
    "/v1/mirror/{table}",
    streams.read_mirror_table,
    "position",
    house="tables",
    of="record",
)
CHECKPOINT = Read("/v1/log/checkpoint", log.read_checkpoint, f"position {SEALED}", public=True)
TILE = Read("/v1/log/tile/{level}/{path}", log.read_tile, public=True)
PROOF = Read("/v1/log/proof", log.read_proof, f"position event format from to {SEALED}", log.PROOFS, public=True)

ALL = [it for it in globals().values() if isinstance(it, Read)]
