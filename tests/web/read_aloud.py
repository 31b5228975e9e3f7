"""A page as a screen reader reads it: what stands in the accessibility tree, in its order, and what is wrong there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Page

CONTROLS = (
    *("link", "button", "textbox", "searchbox", "combobox", "slider", "spinbutton", "checkbox", "radio", "Date"),
    *("DateTime", "InputTime", "DisclosureTriangle", "DisclosureTriangleGrouped", "listbox", "ColorWell"),
)

PICTURES = ("image", "img", "SvgRoot")

SIGN = re.compile(r"^[\s\d.,+−%]*[▲▼※◆†→–][\s\d.,+−%]*$")
"""A mark that nothing says: there is a sign, and no word beside it."""


class Said(NamedTuple):
    """Something that is read: its role, its name, what it says of itself."""

    role: str
    name: str
    level: int | None = None
    live: str | None = None
    value: str | None = None
    of: Mapping[str, Any] = {}


def read_aloud(page: Page) -> list[Said]:
    """All that is read, in order."""
    client = page.context.new_cdp_session(page)
    nodes = client.send("Accessibility.getFullAXTree")["nodes"]
    client.detach()
    by_id = {it["nodeId"]: it for it in nodes}
    return [*_read(nodes[0], by_id)]


def _read(node: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> Iterator[Said]:
    if not node["ignored"]:
        told = {it["name"]: it["value"].get("value") for it in node.get("properties", ())}
        value = node.get("value", {}).get("value")
        yield Said(
            node["role"]["value"],
            node.get("name", {}).get("value", "").strip(),
            told.get("level"),
            told.get("live"),
            told.get("valuetext") or (None if value is None else str(value)),
            node,
        )
    for child in node.get("childIds", ()):
        if child in by_id:
            yield from _read(by_id[child], by_id)


def faults(page: Page) -> list[str]:
    """What somebody who hears the page lacks."""
    said = read_aloud(page)
    return [*_headings(said), *_names(said), *_tables(page), *_signs(said), *_languages(page)]


def _headings(said: Sequence[Said]) -> Iterator[str]:
    levels = [it.level or 0 for it in said if it.role == "heading"]
    if levels[:1] != [1] or levels.count(1) != 1:
        yield f"headings begin {levels[:3]}"
    for before, after in pairwise(it for it in said if it.role == "heading"):
        if (after.level or 0) > (before.level or 0) + 1:
            yield f"no heading between “{before.name}” and “{after.name}”"


def _names(said: Sequence[Said]) -> Iterator[str]:
    for it in said:
        if (
            it.role in (*CONTROLS, *PICTURES, "region", "navigation", "table", "columnheader", "rowheader")
            and not it.name
        ):
            yield f"a {it.role} without a name: {it.of.get('backendDOMNodeId')}"


TABLES = """() => [...document.querySelectorAll("table")].flatMap(table => {
    const of = table.caption?.innerText.trim(), found = of ? [] : ["a table without a caption"];
    const [head] = table.tHead?.rows ?? [];
    if (!head || ![...head.cells].every(it => it.tagName === "TH" && it.scope === "col" && it.innerText.trim())) {
        found.push(`${of}: a column without a heading`);
    }
    for (const body of table.tBodies) for (const row of body.rows) {
        const whole = row.cells.length === 1 && (row.cells[0].colSpan > 1 || row.cells[0].scope === "rowgroup");
        if (!whole && !row.querySelector("th[scope=row]")) found.push(`${of}: a row without a heading`);
    }
    return found;
})"""


def _tables(page: Page) -> Iterator[str]:
    yield from page.evaluate(TABLES)


def _signs(said: Sequence[Said]) -> Iterator[str]:
    for it in said:
        if it.role == "StaticText" and SIGN.match(it.name) and it.name != "–":
            yield f"a sign without a word: {it.name}"


LANGUAGES = """() => {
    const page = document.documentElement.lang, wrong = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let it = walker.nextNode(); it; it = walker.nextNode()) {
        const at = it.parentElement, text = it.data.trim();
        if (!text || at.closest("script, style, [aria-hidden=true], svg, code, pre, textarea")) continue;
        const lang = at.closest("[lang]").lang;
        if (lang === "en" && /[가-힣]/.test(text)) wrong.push(`Korean as English: ${text}`);
        if (lang === "ko" && text.endsWith("(영문)") && text !== "(영문)") wrong.push(`English as Korean: ${text}`);
    }
    return wrong;
}"""


def _languages(page: Page) -> Iterator[str]:
    yield from page.evaluate(LANGUAGES)


def in_order(said: Sequence[Said], wanted: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of roles and parts of names that are not read one after the other; none where all are."""
    left = [*wanted]
    for it in said:
        if left and it.role == left[0][0] and left[0][1] in it.name:
            left.pop(0)
    return left
