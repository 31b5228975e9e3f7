"""Every file of a pack, harmed: told or refused. SAGWAN_TRIALS=all runs every single harm and many more pairs."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from journal.log import keys
from tests.api.door import Door, opened
from tests.api.test_crash import until
from tests.replay.logs import list_files
from tests.replay.test_verifier import checked
from tests.replay.trials import harmed, trials


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A pack of a figure, one that the same record gave out before, and the key."""
    folder = tmp_path_factory.mktemp("packs")
    door = Door(folder / "data")
    try:
        for name, first in (("older", 0), ("pack", 10)):
            told = [opened(f"case:{n}", f"o{n}") for n in range(first, first + 10)]
            position = door.post(told).body["results"][-1]["position"]
            query = f"known={position}&indicator=HD-01"
            path = f"/v1/export/evidence?{query}"
            until(lambda path=path: door.get(path, who="auditor").status == 200)
            (folder / "a.zip").write_bytes(door.get(path, who="auditor").raw)
            zipfile.ZipFile(folder / "a.zip").extractall(folder / name)
        (key,) = keys.verifier_keys(door.path)
    finally:
        door.close()
    return folder / "pack", folder / "older", str(key)


def files(pack: Path) -> list[str]:
    return [it.relative_to(pack).as_posix() for it in pack.rglob("*") if it.is_file()]


def test_a_pack_that_nobody_touched_is_proven(packs: tuple[Path, Path, str]) -> None:
    pack, older, key = packs
    for it in (pack, older):
        code, said = checked(it, "--key", key)
        assert code == 0, said
        assert said.splitlines()[-1].startswith("PROVEN")


@pytest.mark.parametrize("listed", [False, True], ids=["as it is", "with a manifest made anew"])
def test_whatever_is_done_to_the_files_of_a_pack_is_told(
    packs: tuple[Path, Path, str], tmp_path: Path, listed: bool
) -> None:
    pack, older, key = packs
    for n, harms in enumerate(trials(files(pack), 40, f"packs {listed}")):
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(pack, copy)
        if not harmed(copy, older, harms, str(n)):
            continue
        if listed:
            (copy / "manifest.json").write_bytes((pack / "manifest.json").read_bytes())
            list_files(copy)
        code, said = checked(copy, "--key", key)
        told = ", ".join(map(str, harms))
        signature = copy.joinpath("manifest.json").exists() and same_manifest(copy, pack)
        assert code != 0 or (signature and {it.file for it in harms} == {"manifest.json"}), (told, said)
        assert code == 0 or not said.splitlines()[-1].startswith("PROVEN"), told


def same_manifest(one: Path, other: Path) -> bool:
    """Whether two manifests list the same: a flip may fall on bits of a signature's text that say nothing."""
    try:
        told = [json.loads((it / "manifest.json").read_bytes()) for it in (one, other)]
    except ValueError:
        return False
    return [it.pop("signature", None) for it in told] != [] and told[0] == told[1]


def older_signature(pack: Path, older: Path) -> None:
    """The older manifest's signature under this manifest."""
    now, then = ((it / "manifest.json").read_bytes() for it in (pack, older))
    mark = b',\n "signature": '
    (pack / "manifest.json").write_bytes(now.partition(mark)[0] + mark + then.partition(mark)[2])


def checkpoint_for_a_signature(pack: Path, older: Path) -> None:
    """What the key signed as a checkpoint, given out as its signature under a manifest."""
    now = (pack / "manifest.json").read_bytes().partition(b',\n "signature": ')[0]
    note = json.dumps((pack / "log/checkpoint").read_text(encoding="utf-8"), ensure_ascii=False).encode()
    (pack / "manifest.json").write_bytes(now + b',\n "signature": ' + note + b"\n}\n")


@pytest.mark.parametrize("forge", [older_signature, checkpoint_for_a_signature])
def test_no_other_signature_of_the_key_stands_for_the_manifest(
    packs: tuple[Path, Path, str], tmp_path: Path, forge
) -> None:
    pack, older, key = packs
    shutil.copytree(pack, tmp_path / "copy")
    forge(tmp_path / "copy", older)
    code, said = checked(tmp_path / "copy", "--key", key)
    assert (code, "WRONG  what was signed is another manifest" in said) == (1, True), said


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("evidence/HD-01.csv", '"2025-03-03T09:00:00', '"2025-03-04T09:00:00', "did not happen at 2025-03-04"),
        ("evidence/HD-01.csv", ',1,"case:', ',2,"case:', ""),
        ("figures/figures.json", '"value": 20', '"value": 999', "figures.csv differs from figures/figures.json"),
        ("figures/figures.csv", ",20,", ",999,", "figures.csv differs from figures/figures.json"),
        ("sql/views/cases.sql", "SELECT", "COPY (SELECT 1) TO 'x'; SELECT", ""),
        ("README.en.md", "Take the verifier from elsewhere", "Take the verifier from here", ""),
        ("verify.py", "Exit code 0", "Exit code zero", "verify.py in the pack is not this verifier"),
    ],
)
def test_each_example_is_told_though_the_manifest_was_rewritten(
    packs: tuple[Path, Path, str], tmp_path: Path, file: str, old: str, new: str, says: str
) -> None:
    pack, _, key = packs
    copy = tmp_path / "copy"
    shutil.copytree(pack, copy)
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    list_files(copy)
    code, said = checked(copy, "--key", key)
    assert code == (1 if says and "verify.py" not in file else 3), said
    assert says in said
    assert not said.splitlines()[-1].startswith("PROVEN")
