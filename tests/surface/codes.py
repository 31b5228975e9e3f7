"""Every code of a problem or refusal that the source can answer with, read from the source."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SKIPPED = ("tests", "docs", "build", "dist", "node_modules")
REFUSED = ("Refused", "check_next", "check_standing")
"""What is called with the code of a refusal: `Refused(code, …)`, and checks of versions."""
ANSWERED = ("Problem", "unknown_word")
"""What is called with a status and a code: `Problem(status, code, …)`, `unknown_word(status, code, …)`."""

CODE = re.compile(r"[a-z][a-z_]*(\.[a-z0-9_]+)*")

STATUS = "STATUS"
"""The table that says the status of a refusal by its code or the code's first word."""
MESSAGES = "MESSAGES"
"""The table that says the status of what the record, its tables and editions say themselves, by its class."""


def codes() -> dict[str, list[str]]:
    """The statuses that each code has, sorted; a status or a code that is computed is not among them."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in sources()]
    named = {name: value for tree in trees for name, value in _constants(tree)}
    status = next(value for tree in trees for name, value in _tables(tree) if name == STATUS)
    messages = next(_statuses(value) for tree in trees for name, value in _dicts(tree) if name == MESSAGES)
    found = defaultdict[str, set[str]](set)
    for tree in trees:
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and call.args and _last(call.func) in messages:
                for code in _texts(call.args[0], named):
                    found[code].add(str(messages[_last(call.func)]))
            elif isinstance(call, ast.ClassDef) and call.name in messages:
                for code in _constructed(call):
                    found[code].add(str(messages[call.name]))
            elif isinstance(call, ast.Call) and call.args and _last(call.func) in REFUSED + ANSWERED:
                refused = _last(call.func) in REFUSED
                at = 0 if refused else 1
                if len(call.args) <= at or isinstance(call.args[at], ast.Starred):
                    continue
                for code in _texts(call.args[at], named):
                    if refused:
                        found[code].add(str(status.get(code, status.get(code.partition(".")[0], 422))))
                    else:
                        found[code] |= set(_texts(call.args[0], named))
    return {code: sorted(filter(str.isdigit, found[code])) for code in sorted(found) if CODE.fullmatch(code)}


def sources() -> list[Path]:
    """The files of the product."""
    return sorted(
        it
        for it in ROOT.rglob("*.py")
        if not any(part in SKIPPED or part.startswith(".") for part in it.relative_to(ROOT).parts)
    )


def _texts(node: ast.expr, named: dict[str, str]) -> Iterator[str]:
    """What an expression may be: both sides of a choice, and a constant of any module by its name."""
    match node:
        case ast.Constant(value=value):
            yield str(value)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_texts(one, named), *_texts(other, named))
        case _:
            yield named.get(_last(node), "")


def _last(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for it in tree.body:
        match it:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(value))) if "." in value:
                yield name, value


def _tables(tree: ast.Module) -> Iterator[tuple[str, dict[str, Any]]]:
    return ((name, ast.literal_eval(table)) for name, table in _dicts(tree) if name == STATUS)


def _dicts(tree: ast.Module) -> Iterator[tuple[str, ast.Dict]]:
    for it in tree.body:
        match it:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Dict() as table):
                yield name, table
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Dict() as table):
                yield name, table


def _statuses(table: ast.Dict) -> dict[str, int]:
    return {
        _last(key): value.value
        for key, value in zip(table.keys, table.values, strict=True)
        if key is not None and isinstance(value, ast.Constant) and isinstance(value.value, int)
    }


def _constructed(class_: ast.ClassDef) -> Iterator[str]:
    """The code that a class says of itself: `super().__init__(code, …)`."""
    for it in ast.walk(class_):
        if isinstance(it, ast.Call) and _last(it.func) == "__init__" and it.args:
            yield from _texts(it.args[0], {})
