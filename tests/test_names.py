"""One name, one meaning: what is public in two files, and used outside both, is the same thing in both."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("domain", "journal", "projections", "replay", "api")

SAME = {
    "cross_stream_check": "the rules of an act and the streams beside its own, kind by kind (`domain.registry`)",
    "Status": "where a stream of a kind stands",
    "withhold": "the rules of disclosure, of which an edition names one (`replay.editions.withholding`)",
    "EventLine": "an entry of a page: as it is made, and as the contract has it",
    "Problem": "a problem of RFC 9457: as it is raised, and as the contract has it",
    "reader": "as whom somebody reads: from the token, and with the hubs that the tables say are his",
}
"""Names that several files have for one meaning, with that meaning."""


def trees() -> Iterator[tuple[str, ast.Module]]:
    """Every module but the verifier of a pack, which shares nothing with others."""
    for path in (it for room in ROOMS for it in sorted((ROOT / room).rglob("*.py"))):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if not module.startswith("replay.pack.verifier"):
            yield module, ast.parse(path.read_text(encoding="utf-8"))


def used(module: str, tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What a module takes of others: by name, or behind the name of their module."""
    bound = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for it in node.names:
                bound[it.asname or it.name] = f"{node.module}.{it.name}"
                yield node.module, it.name
        elif isinstance(node, ast.Import):
            bound |= {it.asname or it.name: it.name for it in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (of := bound.get(ast.unparse(node.value))):
            yield of, node.attr


def public(node: ast.stmt) -> str | None:
    """The name of a type or a function that is public."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return None if name.startswith("_") else name
        case ast.AnnAssign(target=ast.Name(id=name), annotation=ast.Name(id="TypeAlias")):
            return None if name.startswith("_") else name
    return None


def shared() -> dict[str, list[str]]:
    """The public types and functions of one name that are used outside the files of two, with these."""
    defined, taken = defaultdict[str, list[str]](list), set[tuple[str, str]]()
    for module, tree in trees():
        taken |= {*used(module, tree)}
        for node in tree.body:
            if (name := public(node)) is not None:
                defined[name].append(module)
    outside = {name: [it for it in modules if (it, name) in taken] for name, modules in defined.items()}
    return {name: modules for name, modules in outside.items() if len(modules) > 1}


def test_no_two_types_or_functions_that_others_use_share_a_name_for_different_meanings() -> None:
    found = shared()
    assert {name: where for name, where in found.items() if name not in SAME} == {}, "rename one, or say in SAME why"
    assert SAME.keys() <= found.keys(), "what is defined once is no longer listed"
