"""Every read, by the name under which commands ask it. What a declaration lacks stops the start, by name."""

from __future__ import annotations

from api import formats
from api.cloudevents import BATCH_TYPE, JSON_TYPE
from api.reads import answers, checks, events, log, packs, streams, tables, types
from api.reads.grammar import ROWS
from api.reads.read import ZIP, Read
from replay.audit.diff import Diff
from replay.editions.check_status import CheckStatus, Sample
from replay.editions.editions import EditionContent
from replay.editions.late_register import LateRegister

POINTS = "known valid fx* after"
TABLE = f"format raw lang {ROWS} {POINTS}"
SEALED = "size witnessed"

EDITION_REFUSED = (
    "edition.none edition.not_as_published indicator.unknown_version edition.no_writer authority.role seal.no_key"
    " seal.behind"
)
TABLE_HEADERS = "Sagwan-Position Sagwan-Withheld Sagwan-Withheld-Columns Link Content-Disposition"

EVENTS = Read(
    "listEvents",
    "/v1/events",
    events.read_events,
    "기록을 쪽 단위로 읽습니다. 열람 권한이 없는 기록은 빼고 그 수를 알립니다.",
    "The record, a page at a time. What the caller may not see is left out and counted.",
    {
        JSON_TYPE: answers.EventsPage,
        formats.MEDIA_TYPES["ndjson"]: answers.EventLine,
        BATCH_TYPE: list[answers.RecordedEvent],
    },
    takes="after before limit type hub stream kind where* order fields format",
    formats=events.FORMATS,
    refused="authority.withheld",
    headers="Sagwan-Position Sagwan-Withheld Link",
    of="record",
)
FEED = "after type hub stream kind format"
"""Of the feed of new entries, which is no read: it has no end."""
EVENT = Read(
    "readEvent",
    "/v1/events/{position}",
    events.read_event,
    "한 순번의 기록을 읽습니다.",
    "The entry at a position.",
    answers.EventLine,
    refused="event.none authority.withheld",
    headers="Sagwan-Position",
    of="record",
)
TYPES = Read(
    "listTypes",
    "/v1/types",
    types.list_types,
    "기록의 종류와 그 뜻을 모두 보여 줍니다.",
    "Every event type, and what it says.",
    answers.TypesAnswer,
    public=True,
)
TYPE = Read(
    "readType",
    "/v1/types/{type}",
    types.read_type,
    "한 종류의 이벤트에 담는 data의 JSON Schema입니다.",
    "The JSON Schema of the data of an event of a type.",
    {"application/schema+json": answers.JsonSchema},
    refused="event.unknown_type@404",
    public=True,
)
STREAM = Read(
    "readStream",
    "/v1/streams/{stream}",
    streams.read_stream,
    "한 대상의 현재 상태, 이력, 어긋난 규칙을 읽습니다.",
    "A stream: its state, its history, and the rules that it breaks.",
    answers.StreamAnswer,
    takes="known valid after",
    refused="stream.none stream.malformed stream.unknown_kind authority.withheld",
    headers="Sagwan-Position Sagwan-Withheld",
    of="record",
    clocked=True,
)
VIEWS = Read(
    "listViews",
    "/v1/views",
    tables.list_views,
    "뷰의 이름을 모두 보여 줍니다.",
    "The names of the views.",
    answers.ViewsAnswer,
)
VIEW = Read(
    "readView",
    "/v1/views/{view}",
    tables.read_view,
    "어느 시점 기준으로든 뷰의 행을 읽습니다.",
    "The rows of a view as of any point in time.",
    answers.table_media(answers.ViewRows),
    takes=f"{TABLE} suppress",
    formats=formats.MEDIA_TYPES,
    refused="view.none disclosure.in_editions edition.not_as_published",
    headers=TABLE_HEADERS,
    past=True,
    of="tables",
    clocked=True,
)
INDICATORS = Read(
    "listIndicators",
    "/v1/indicators",
    tables.list_indicators,
    "모든 지표의 정의를 보여 줍니다.",
    "Every indicator, by its definition.",
    answers.table_media(answers.IndicatorsAnswer),
    takes="format raw lang",
    formats=formats.MEDIA_TYPES,
    headers=TABLE_HEADERS,
    of="record",
)
INDICATOR = Read(
    "readIndicator",
    "/v1/indicators/{code}",
    tables.read_indicator,
    "어느 시점 기준으로든 지표의 수치를 나누고 좁혀 읽습니다.",
    "The figures of an indicator as of any point in time, sliced and narrowed.",
    answers.table_media(answers.Figures),
    takes=f"{TABLE} by period suppress",
    formats=formats.MEDIA_TYPES,
    refused="indicator.none disclosure.in_editions edition.not_as_published",
    headers=TABLE_HEADERS,
    past=True,
    of="figures",
    clocked=True,
)
EVIDENCE = Read(
    "readIndicatorEvidence",
    "/v1/indicators/{code}/evidence",
    tables.read_contributing_entries,
    "지표의 근거 기록 또는 각 기록의 증명을 읽습니다.",
    "The entries behind an indicator, or the proof of each.",
    {**answers.table_media(answers.Contributions), ZIP: answers.Bytes},
    takes=f"{TABLE} period {SEALED}",
    formats=formats.MEDIA_TYPES | {"tlog-proof": ZIP},
    refused="indicator.none disclosure.in_editions edition.not_as_published log.empty seal.behind",
    headers=TABLE_HEADERS,
    past=True,
    of="figures",
    clocked=True,
)
DIFF = Read(
    "compareFigures",
    "/v1/diff",
    streams.read_diff,
    "두 시점 사이에 달라진 수치와 그 원인이 된 기록을 보여 줍니다.",
    "Which figures differ between two points, and the entries that moved them.",
    Diff,
    takes="a b",
    headers="Sagwan-Position Sagwan-Withheld",
    long=True,
    of="record",
)
PACK = Read(
    "exportEvidencePack",
    "/v1/export/evidence",
    packs.read_evidence_pack,
    "한 시점까지의 기록과 증명, 검증 도구를 담은 증빙 묶음입니다.",
    "An evidence pack: the record up to a point with its proofs, and a verifier.",
    {ZIP: answers.Bytes},
    takes=f"{POINTS} indicator*",
    refused="event.none seal.no_key seal.behind",
    headers="Sagwan-Position Content-Disposition",
    reads_all="packs",
    long=True,
    download=True,
    of="record",
    clocked=True,
)
CHECKS = Read(
    "listChecks",
    "/v1/checks",
    checks.list_checks,
    "모든 반기별 점검과 그 상태를 보여 줍니다.",
    "Every half-year check and its state.",
    answers.ChecksAnswer,
    takes="known after",
    of="record",
    clocked=True,
)
CHECK = Read(
    "readCheck",
    "/v1/checks/{period}",
    checks.read_check,
    "반기별 점검의 현재 상태: 센터별 미결 사항, 지적사항, 공표본.",
    "A half-year check in its present state: what each hub owes, findings, editions.",
    CheckStatus,
    takes="known after",
    refused="edition.none",
    headers="Sagwan-Position Sagwan-Withheld",
    of="record",
    clocked=True,
)
CHECK_FIGURES = Read(
    "readCheckFigures",
    "/v1/checks/{period}/figures",
    checks.read_check_figures,
    "점검 기준시점의 수치와 센터가 제출하는 해시값.",
    "The figures of a check as of its cut-off, and the digests that hubs hand in.",
    (answers.CheckFigures, answers.HubCheckFigures),
    takes="hub",
    refused="edition.none indicator.unknown_version",
    headers="Sagwan-Position",
    of="record",
    clocked=True,
)
LATE_REGISTER = Read(
    "readLateRegister",
    "/v1/checks/{period}/late",
    checks.read_late_register,
    "지연 등록부: 기준시점이 집계한 일에 관하여 그 뒤에 등록된 기록.",
    "The late register: what was recorded after the cut-off about what it counted.",
    LateRegister,
    takes="known after",
    refused="edition.none indicator.unknown_version",
    headers="Sagwan-Position Sagwan-Withheld",
    long=True,
    of="record",
)
SAMPLE = Read(
    "drawSample",
    "/v1/sample",
    checks.read_sample,
    "질의, 기록 순번, 난수 씨앗, 크기로 표본을 다시 추출합니다.",
    "A sample, drawn anew from a query, a position, a seed and a size.",
    Sample,
    takes="population seed size position",
    headers="Sagwan-Position",
    reads_all="sample",
    of="record",
)
EDITIONS = Read(
    "listEditions",
    "/v1/editions",
    checks.list_editions,
    "모든 공표본을 보여 줍니다.",
    "Every edition.",
    answers.EditionsAnswer,
    of="record",
)
EDITIONS_OF = Read(
    "listEditionsOfPeriod",
    "/v1/editions/{period}",
    checks.list_editions,
    "한 반기의 공표본을 보여 줍니다.",
    "The editions of a half-year.",
    answers.EditionsAnswer,
    refused="edition.none",
    of="record",
)
EDITION = Read(
    "readEdition",
    "/v1/editions/{period}/{number}",
    checks.read_edition,
    "식별키로 다시 계산하여 해시값과 대조한 공표본입니다.",
    "An edition, computed from its key and measured against its digest.",
    answers.EDITION_FORMS,
    takes="format lang",
    refused=EDITION_REFUSED,
    headers="Sagwan-Position Content-Disposition",
    of="record",
)
EDITION_FILE = Read(
    "readEditionFile",
    "/v1/editions/{period}/{number}.{format}",
    checks.read_edition,
    "같은 공표본을 파일 이름으로 받습니다.",
    "The same by the name of a file.",
    answers.EDITION_FORMS,
    takes="lang",
    refused=f"{EDITION_REFUSED} edition.no_format",
    headers="Sagwan-Position Content-Disposition",
    of="record",
)
EDITION_CONTENT = Read(
    "readEditionContent",
    "/v1/editions/contents/{digest}",
    checks.read_edition_content,
    "공표본의 내용: 해시값의 바탕이 된 정규 JSON입니다.",
    "What an edition says, as it was published: the canonical JSON of which its digest is made.",
    EditionContent,
    refused="edition.no_content",
    headers="Cache-Control",
)
MIRROR_TABLE = Read(
    "readMirrorTable",
    "/v1/mirror/{table}",
    streams.read_mirror_table,
    "다시 만든 표와 비교할 수 있도록 시점 열까지 담은 미러의 표입니다.",
    "A table of the mirror with its time columns, to be compared with one made anew.",
    {formats.MEDIA_TYPES["arrow"]: answers.Bytes},
    takes="position",
    refused="mirror.no_table",
    reads_all="tables",
    of="record",
)
CHECKPOINT = Read(
    "readCheckpoint",
    "/v1/log/checkpoint",
    log.read_checkpoint,
    "로그의 서명된 체크포인트입니다(C2SP tlog-checkpoint).",
    "A signed checkpoint of the log (C2SP tlog-checkpoint).",
    {"text/plain": answers.PlainText},
    takes=f"position {SEALED}",
    refused="log.empty",
    headers="Sagwan-Witnessed Cache-Control",
    public=True,
)
TILE = Read(
    "readTile",
    "/v1/log/tile/{level}/{path}",
    log.read_tile,
    "로그의 타일입니다(C2SP tlog-tiles).",
    "A tile of the log (C2SP tlog-tiles).",
    {"application/octet-stream": answers.Bytes},
    refused="log.tile log.no_tile",
    headers="Cache-Control",
    public=True,
)
PROOF = Read(
    "readProof",
    "/v1/log/proof",
    log.read_proof,
    "로그에 기록이 있다는 증명 또는 나중 트리가 앞선 트리로 시작한다는 증명입니다(RFC 6962 2.1).",
    "That the log has an entry, or that a later tree begins with an earlier one (RFC 6962 2.1).",
    {JSON_TYPE: (answers.InclusionProof, answers.ConsistencyProof), "text/plain": answers.PlainText},
    takes=f"position event format from to {SEALED}",
    formats=log.PROOFS,
    refused="log.empty log.not_covered http.accept",
    headers="Content-Disposition",
    public=True,
)
ALL = [it for it in globals().values() if isinstance(it, Read)]
