"""What the documents promise of the tree is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST_LINES = 400
LONG = {"replay/pack/verifier/verify.py"}
"""One file on purpose: an auditor takes it alone."""


def test_every_decision_is_in_the_index_under_its_title() -> None:
    index = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "docs/decisions").glob("0*.md")):
        number, title = path.read_text(encoding="utf-8").split("\n")[0].removeprefix("# ").split(". ", 1)
        assert f"| [{number}]({path.name}) | {title} |" in index, path.name


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "README.md", "SECURITY.md", "docs/architecture.md"])
def test_every_file_that_a_document_names_is_there(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    named = re.findall(r"`((?:api|domain|journal|projections|replay|tests|docs)/[\w/.]*\w/?)`", text)
    linked = [it for it in re.findall(r"\]\(([^)#:]+)", text) if "://" not in it]
    base = (ROOT / document).parent
    missing = [it for it in named if not (ROOT / it).exists()] + [it for it in linked if not (base / it).exists()]
    examples = {f"projections/indicators/hd_10/1.{suffix}" for suffix in ("sql", "toml")}
    examples |= {"api/reads/hubs.py", "tests/api/test_hub_calendar.py"}
    assert set(missing) <= examples, missing


def test_no_file_is_too_long_to_be_one_thing() -> None:
    packages = ("api", "domain", "journal", "projections", "replay")
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for package in packages
        for path in (ROOT / package).rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES}.keys() <= LONG
