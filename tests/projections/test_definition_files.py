"""A definition file that is wrong stops the start with its name and what is allowed."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest

from projections.definition_files import BadDefinition
from projections.definitions import FORMERLY, HERE, IRREGULARITIES, VERSIONS, load
from projections.definitions import QUALITATIVE as DEFINED
from projections.mirror import shared_sql
from tests.projections.oracle import SAID, without

ROOT = Path(__file__).parents[2]
INDICATOR, QUERY = "indicators/hd_07/1.toml", "indicators/hd_07/1.sql"
QUALITATIVE, RULE = "qualitative/hd_q/1.toml", "irregularities/case_rated_again.toml"
HEADS = "superseded/heads.toml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Some of the definitions, to be changed."""
    folder = tmp_path / "projections"
    for name in ("indicators/hd_07", "qualitative/hd_q"):
        shutil.copytree(HERE / name, folder / name, ignore=shutil.ignore_patterns("2.*", "3.*"))
    for name in (RULE, RULE.replace(".toml", ".sql"), HEADS):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(HERE / name, folder / name)
    heads = tomllib.loads((HERE / HEADS).read_text(encoding="utf-8"))
    (folder / HEADS).write_text(f"\"HD-07/1\" = ['''\n{heads['HD-07/1'][0]}''']\n", encoding="utf-8")
    return folder


def refused(root: Path) -> str:
    with pytest.raises(BadDefinition) as bad:
        load(root)
    return str(bad.value)


def changed(root: Path, file: str, old: str, new: str) -> None:
    text = (root / file).read_text(encoding="utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_they_are_read_as_they_stand(root: Path) -> None:
    loaded = load(root)
    assert loaded.versions == {("HD-07", 1): VERSIONS["HD-07", 1]}
    assert loaded.qualitative == {("HD-Q", 1): DEFINED["HD-Q", 1]}
    assert loaded.irregularities == {"case.rated_again": IRREGULARITIES["case.rated_again"]}


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        # A key that is none, wherever it stands.
        (INDICATOR, "persons = true", "persns = true", "`persns` is no key; did you mean persons"),
        (INDICATOR, "persons = true", "persons = true\nperiod = 'own'", "`period` is no key; did you mean own_period"),
        (INDICATOR, "[definition.ko]\nmeans", "[definition.ko]\nmean", "`definition.ko.mean` is no key; did you mean"),
        (INDICATOR, "[definition.ko]", "[definition.kr]", "`definition.kr` is no key; there are en, ko"),
        (QUALITATIVE, "version = 1", "versions = 1", "`versions` is no key; did you mean version?"),
        (QUALITATIVE, "[definition.en]", "[definition.eng]", "`definition.eng` is no key; did you mean en?"),
        (RULE, "rule =", "source =", "`source` is no key; there are code, en, ko, rule, version"),
        (INDICATOR, '"1-5"', "{ of = 5 }", "Expected `str`, got `object` - at `$.unit`"),
        # Whether persons stand behind a figure is said, and in one way.
        (INDICATOR, "persons = true", "persons: Yes", "yes and no are true and false"),
        (INDICATOR, "persons = true", "persons = Yes", "yes and no are true and false"),
        (INDICATOR, "persons = true", "persons = 'yes'", "Expected true or false, got `str` - at `$.persons`"),
        (INDICATOR, "persons = true", "persons = 1", "Expected true or false, got `int` - at `$.persons`"),
        (INDICATOR, "persons = true\n", "", "missing required field `persons`"),
        (INDICATOR, "own_period = false\n", "", "missing required field `own_period`"),
        # Its path says it too.
        (INDICATOR, "version = 1", "version = 2", "`version` is 2, and by its name the file is 1"),
        (INDICATOR, '"HD-07"', '"HD-06"', "`code` is HD-06, and by its name the file is HD-07"),
        (INDICATOR, '"HD-07"', '"HD_07"', "`code` is HD_07, and by its name the file is HD-07"),
        (QUALITATIVE, "version = 1", "version = 2", "`version` is 2, and by its name the file is 1"),
        (QUALITATIVE, '"HD-Q"', '"JR-Q"', "`code` is JR-Q, and by its name the file is HD-Q"),
        (RULE, '"case.rated_again"', '"case.rated_twice"', "by its name the file is case.rated_again"),
        (RULE, '"case.rated_again"', '"case_rated.again"', "`code` begins with 'case_rated', and no stream is of"),
        (RULE, '"case.rated_again"', '"cases.rated_again"', "did you mean case?"),
        # A word that its list does not have.
        (INDICATOR, '"outcome"', '"outcomes"', "`class` cannot be 'outcomes'; did you mean outcome?"),
        (QUALITATIVE, '"outcome"', '"Outcome"', "`class` cannot be 'Outcome'; did you mean outcome?"),
        (INDICATOR, '"higher"', '"sideways"', "`better` cannot be 'sideways'; there are higher, lower, neither"),
        (INDICATOR, '"1-5"', '"1-6"', "`1-6` in `unit` is not known; did you mean 1-5"),
        (INDICATOR, '"avg(amount)"', '"avrg(amount)"', "`avrg` in `aggregate` is not known; did you mean avg"),
        (INDICATOR, '"avg(amount)"', '"avg(amounts)"', "`amounts` in `aggregate` is not known; did you mean amount"),
        (INDICATOR, 'ko = "만족도"', 'ko = ""', "length >= 1 - at `$.ko`"),
        # The query is one query and nothing else.
        (QUERY, "SELECT", "-- persons: yes\nSELECT", "nothing stands before the query; what it is says 1.toml"),
        (QUERY, "SELECT", "SELEC", "syntax error"),
        (QUERY, "SELECT", "DROP TABLE event; SELECT", "a definition is one query"),
        (RULE.replace(".toml", ".sql"), "SELECT", "-- code: case.rated\nSELECT", "nothing stands before the query"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_file_and_what_is_allowed(
    root: Path, file: str, old: str, new: str, says: str
) -> None:
    changed(root, file, old, new)
    said = refused(root)
    assert said.startswith(f"projections/{file}: ")
    assert says in said


@pytest.mark.parametrize(
    ("gone", "beside", "lacks"),
    [
        (INDICATOR, QUERY, "1.toml"),
        (QUERY, INDICATOR, "1.sql"),
        (RULE, RULE.replace(".toml", ".sql"), "case_rated_again.toml"),
        (RULE.replace(".toml", ".sql"), RULE, "case_rated_again.sql"),
    ],
)
def test_half_a_definition_is_none(root: Path, gone: str, beside: str, lacks: str) -> None:
    (root / gone).unlink()
    assert refused(root) == f"projections/{beside}: there is no {lacks} beside it"


@pytest.mark.parametrize("folder", ["indicators", "irregularities", "qualitative"])
def test_a_folder_without_definitions_is_not_passed_over(root: Path, folder: str) -> None:
    shutil.rmtree(root / folder)
    assert refused(root).startswith(f"projections/{folder}: no definition is there; they are called like {folder}/")


@pytest.mark.parametrize("name", ["hd_07/1.tml", "hd_07/one.sql", "hd_07/01.sql", "hd_07.sql", "hd_07/old/1.sql"])
def test_a_file_of_another_name_is_not_passed_over(root: Path, name: str) -> None:
    at = root / "indicators" / name
    at.parent.mkdir(exist_ok=True)
    at.write_text("SELECT 1", encoding="utf-8")
    assert refused(root).startswith(f"projections/indicators/{name}: no definition is called so; they are called like")


def test_a_version_never_takes_the_place_of_another(root: Path) -> None:
    for suffix in ("sql", "toml"):
        shutil.copy(root / f"indicators/hd_07/1.{suffix}", root / f"indicators/hd_07/2.{suffix}")
    assert refused(root) == (
        "projections/indicators/hd_07/2.toml: `version` is 1, and by its name the file is 2"
    )  # fmt: skip


def test_an_indicator_in_words_does_not_share_the_code_of_a_figure(root: Path) -> None:
    (root / "qualitative/hd_07").mkdir()
    shutil.copy(root / QUALITATIVE, root / "qualitative/hd_07/1.toml")
    changed(root, "qualitative/hd_07/1.toml", "HD-Q", "HD-07")
    assert refused(root) == "projections/qualitative: HD-07 is the code of an indicator with a formula"


def test_what_stood_before_a_query_is_of_a_version_that_is_there(root: Path) -> None:
    changed(root, "superseded/heads.toml", '"HD-07/1"', '"HD-07/9"')
    assert refused(root) == "projections/superseded/heads.toml: there is no version HD-07/9 of an indicator"


def test_the_program_does_not_start_with_a_definition_that_is_wrong(tmp_path: Path) -> None:
    for name in ("api", "domain", "journal", "projections", "replay"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "sagwan.py", tmp_path)
    changed(tmp_path / "projections", INDICATOR, "persons = true", "persons = 'yes'")
    done = subprocess.run(
        [sys.executable, "-m", "sagwan", "serve"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert said.startswith(f"sagwan: projections/{INDICATOR}: Expected true or false")


def test_a_version_without_an_oracle_is_named_with_its_file() -> None:
    told = {*SAID} - {"HD-02/1", "NW-01"}
    assert [it.partition(" has no oracle: say ")[::2] for it in without(VERSIONS, told)] == [
        (f"projections/indicators/{file}", f"{code} in tests/projections/oracle.py, in Oracle and in AGGREGATES")
        for file, code in (("hd_02/1.toml", "HD-02/1"), ("nw_01/2.toml", "NW-01"))
    ]


RELEASED = json.loads((Path(__file__).parent / "released_formulas.json").read_bytes())
"""By release and version of an indicator, the SHA-256 of its file with its header: what `indicator.defined` named."""


@pytest.mark.parametrize("release", RELEASED)
def test_every_digest_that_a_release_named_is_that_of_a_text_that_is_kept(release: str) -> None:
    for name, digest in RELEASED[release].items():
        code, _, version = name.partition("/")
        it = VERSIONS[code, int(version)]
        assert digest in it.formerly, name
        text = FORMERLY[digest]
        assert hashlib.sha256(text).hexdigest() == digest
        assert text.decode().endswith(f"\n{it.sql}\n"), "the query is what it was"


@pytest.mark.parametrize("release", RELEASED)
def test_the_text_that_is_kept_is_what_the_release_had(release: str) -> None:
    had = subprocess.run(["git", "archive", release, "projections/indicators"], cwd=ROOT, capture_output=True)
    if had.returncode:
        pytest.skip("the history is not here")
    with tarfile.open(fileobj=io.BytesIO(had.stdout)) as files:
        texts = [files.extractfile(it).read() for it in files if it.name.endswith(".sql")]  # type: ignore[union-attr]
    assert {hashlib.sha256(text).hexdigest(): text for text in texts} == {
        digest: FORMERLY[digest] for digest in RELEASED[release].values()
    }


def test_an_edition_names_what_is_computed_and_the_whole_definition() -> None:
    it, name = VERSIONS["HD-07", 1], "HD-07/1/definition"
    named = shared_sql.formula_digests([it])
    assert named[name] == it.formula
    assert named["HD-07/1"] == shared_sql.formula(it) == shared_sql.first_release()["HD-07/1"], (
        "the query is what it was"
    )
    assert shared_sql.missing_texts({name: it.formula}) == []
    assert shared_sql.missing_texts({name: it.formerly[0]}) == []
    assert shared_sql.missing_texts({name: "ab" * 32}) == [name]


def test_a_word_that_is_mended_is_found_under_the_digest_of_before(root: Path) -> None:
    before = load(root).versions["HD-07", 1].formula
    heads = (root / HEADS).read_text(encoding="utf-8").rstrip().removesuffix("]")
    (root / HEADS).write_text(f"{heads}, '''\n{(root / INDICATOR).read_text(encoding='utf-8')}''']\n", encoding="utf-8")
    changed(root, INDICATOR, "만족도", "만족")
    loaded = load(root)
    assert before in loaded.versions["HD-07", 1].formerly
    assert hashlib.sha256(loaded.formerly[before]).hexdigest() == before


def test_an_edition_is_made_again_by_a_formula_whose_words_were_mended_and_by_no_other(root: Path) -> None:
    was = VERSIONS["HD-07", 1]
    changed(root, INDICATOR, "만족도", "만족")
    mended = load(root).versions["HD-07", 1]
    assert (shared_sql.formula(mended), mended.formula == was.formula) == (shared_sql.formula(was), False)
    changed(root, QUERY, "rated.score", "rated.score + 1")
    other = load(root).versions["HD-07", 1]
    assert shared_sql.formula(other) != shared_sql.formula(was)
    assert not {*other.formerly} & {*was.formerly}, "nor is it found under a digest of before"


def test_a_formula_is_the_digest_of_its_two_files() -> None:
    text = (HERE / INDICATOR).read_bytes() + (HERE / QUERY).read_bytes()
    assert VERSIONS["HD-07", 1].formula == hashlib.sha256(text).hexdigest()
