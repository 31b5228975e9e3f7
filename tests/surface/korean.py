"""What commands say in Korean, in a process of their own: `python -m tests.surface.korean FOLDER` writes it as JSON."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from api.hub import client
from api.terminal_language import choose_language
from tests.api.door import opened
from tests.surface import commands
from tests.surface.recording import WHO
from tests.surface.served import record, serving, tokens

LEFT_OUT = re.compile(r".*--format|query$|qurey|export|indicator$|diff 2025|rebuild|edition reproduce 2025S2/1")
"""What programs read, what click says (tests/api/test_help.py), and what takes long and says nothing else."""

MAPPING = """
[time]
column = "일시"
zone = "Asia/Seoul"
[event]
source = "hub:EU-BRU/desk"
subject = "case:{번호}"
id = "{번호}/{fact type}"
[[fact]]
type = "case.opened"
data.topic = "분야"
"""

ACTS = """
EU-BRU person add FOLDER/person.json
EU-BRU person list
EU-BRU person show p-none --purpose visa
EU-BRU person hold p-none --law x
EU-BRU import FOLDER/table.csv --mapping FOLDER/map.toml --dry-run
EU-BRU import FOLDER/table.csv --mapping FOLDER/map.toml
EU-BRU import FOLDER/table.csv --mapping FOLDER/nowhere.toml
EU-BRU import FOLDER/table.csv --mapping FOLDER/wrong.toml
EU-BRU import FOLDER/cp949.csv --mapping FOLDER/map.toml
EU-BRU post FOLDER/event.json
EU-BRU post FOLDER/broken.json
EU-BRU evidence put FOLDER/file.pdf
EU-BRU evidence put FOLDER/file.pdf --item evidence:ko-1 --retention Y5 --custodian EU-BRU
EU-BRU evidence put FOLDER/file.strange
EU-BRU evidence get DIGEST -o FOLDER/again.pdf
secretariat redact 60 --field purpose --basis law
secretariat edition publish 2025S1
operator token issue analyst --label 통계
operator token revoke none
operator clock accept 2026-11-26T22:00:00+09:00 --reason 확인
operator rebuild
operator export evidence --edition 2025S1/9 -o FOLDER/none.zip
auditor query cases --where hub=EU-BRU --limit 1
auditor events --type case.opened --limit 1
auditor events --type case.opend
auditor events --order time
auditor replay hubs --valid 2025-03-31 --limit 1
auditor edition show 2025S1/1 -o FOLDER/2025S1-1.html
""".strip().splitlines()


def answers(data: Path) -> Iterator[tuple[str, Any]]:
    folder = data.parent
    record(data)
    alone = [*commands.ALIKE, *commands.WITHOUT, "reseal --reason x"]
    yield from commands.runs(data, [it for it in alone if not LEFT_OUT.match(it)], tokens()[WHO])
    digest = prepared(folder)
    with serving(data) as server:
        server.settle()
        for line in commands.WITH:
            if "--json" not in line:
                yield from commands.runs(data, [line], tokens()[WHO], server.door.url)
        for line in ACTS:
            who, _, words = line.partition(" ")
            (said,) = commands.runs(data, [words.replace("DIGEST", digest)], tokens()[who], server.door.url)
            yield said
    client.ATTEMPTS = 1
    yield from commands.runs(data, ["post FOLDER/event.json --url http://127.0.0.1:9"], tokens()["EU-BRU"])


def prepared(folder: Path) -> str:
    """Files to send, right ones and wrong ones; the digest of the one that is fetched again."""
    table = "번호,일시,분야\nKO-1,2026-03-03T09:00,visa\nKO-2,어제,visa\nKO-3,2026-03-03T09:00,\n"
    (folder / "table.csv").write_text(table, encoding="utf-8")
    (folder / "cp949.csv").write_text(table, encoding="cp949")
    (folder / "map.toml").write_text(MAPPING, encoding="utf-8")
    (folder / "wrong.toml").write_text(MAPPING.replace('"분야"', '"분아"'), encoding="utf-8")
    (folder / "person.json").write_text(json.dumps({"reference": "R-1", "name_ko": "김모의"}), encoding="utf-8")
    (folder / "event.json").write_bytes(msgspec.json.encode(opened("case:ko-9", "ko-9")))
    (folder / "broken.json").write_text('{"id": ', encoding="utf-8")
    for name in ("file.pdf", "file.strange"):
        (folder / name).write_bytes(b"%PDF-1.7 words")
    return sha256(b"%PDF-1.7 words").hexdigest()


if __name__ == "__main__":
    choose_language("ko")
    sys.stdout.write(json.dumps(dict(answers(Path(sys.argv[1]) / "data")), ensure_ascii=False, indent=1))
