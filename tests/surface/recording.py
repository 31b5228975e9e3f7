"""Everything that is asked, and where what was answered is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from tests.surface import acts, codes, commands, reads
from tests.surface.comparing import cut
from tests.surface.served import Server, record, serving, tokens

RECORDED = Path(__file__).parent / "recorded"
WHO = "auditor"
"""Who types the commands."""

Answers = dict[str, Any]
"""By question."""


def over_http(server: Server) -> dict[str, Answers]:
    """What is read, then what is done, then what is read of that."""
    return {
        "reads": _asked(server, reads.questions(server)),
        "acts": {name: cut(answer.plain()) for name, answer in acts.outcomes(server)},
        "afterwards": _asked(server, reads.afterwards()),
    }


def _asked(server: Server, questions: Iterable[tuple[str, str]]) -> Answers:
    server.settle()
    return {
        f"{who} GET {path}": cut(server.ask("GET", path, who=who).plain()) for who, path in dict.fromkeys(questions)
    }


def of_tables(folder: Path) -> Answers:
    """Columns and types of every table and view of a closed mirror, and the macros that a query may call."""
    (file,) = folder.glob("mirror-*.duckdb")
    with duckdb.connect(str(file), read_only=True) as mirror:
        found = defaultdict[str, dict[str, str]](dict)
        for schema, table, column, type_ in mirror.execute(
            "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns()"
            " WHERE NOT internal ORDER BY ALL"
        ).fetchall():
            found[f"{schema}.{table}"][column] = type_
        macros = mirror.execute(
            "SELECT DISTINCT schema_name || '.' || function_name, parameters::VARCHAR FROM duckdb_functions()"
            " WHERE NOT internal ORDER BY ALL"
        ).fetchall()
    return {**found, **{f"macro {name}{parameters}": "" for name, parameters in macros}}


def of_source() -> Answers:
    return dict(codes.codes())


def of_commands(folder: Path) -> dict[str, Answers]:
    """The help of every command, and what commands say on a folder without a server, then with one."""
    data, token = record(folder / "data"), tokens()[WHO]
    found = {
        "help": dict(commands.helps()),
        "without a server": _cut(commands.runs(data, commands.ALIKE + commands.WITHOUT, token)),
    }
    with serving(data) as server:
        url = server.door.url
        found["with a server"] = _cut(commands.runs(data, commands.ALIKE + commands.WITH, token, url))
    return found


def _cut(answers: Iterable[tuple[str, Any]]) -> Answers:
    return {name: cut(it) for name, it in answers}


def save(section: str, answers: Answers) -> None:
    """Readable, and small: answers that several give to the same question stand once, with who gave them."""
    grouped = defaultdict[str, list[dict[str, Any]]](list)
    for name, answer in answers.items():
        who, space, question = name.partition(" ")
        question = question if section in GROUPED and space else name
        same = next((it for it in grouped[question] if it["answer"] == answer), None)
        if same is None:
            grouped[question].append(same := {"who": [], "answer": answer})
        same["who"].append(who)
    whole = grouped if section in GROUPED else answers
    lines = [f"{_json(name)}: {_json(whole[name])}" for name in sorted(whole)]
    RECORDED.mkdir(exist_ok=True)
    file = RECORDED / f"{section.replace(' ', '-')}.json"
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def recorded(section: str) -> Answers:
    """What was answered when it was recorded."""
    whole = msgspec.json.decode((RECORDED / f"{section.replace(' ', '-')}.json").read_bytes())
    if section not in GROUPED:
        return dict(whole)
    return {
        f"{who} {question}": it["answer"] for question, groups in whole.items() for it in groups for who in it["who"]
    }


GROUPED = ("reads", "afterwards")


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode()
