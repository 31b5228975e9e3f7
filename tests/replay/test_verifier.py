"""The independent verifier, on logs and packs that the tests' own plain code made."""

from __future__ import annotations

import base64
import hashlib
import http.server
import io
import json
import os
import random
import re
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from replay.pack.verifier import verify
from tests.replay.logs import Form, Log, Signer, entry, leaf, list_files, root, stored

QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`")
SENTENCE = re.compile(r"[A-Za-z][a-z']+(?: [A-Za-z]?[a-z']+){2,}")
"""Three words of Latin letters with spaces between: codes and names of files have none."""


class InBoth(verify.Check):
    """A check that also notes what it would say to who reads Korean."""

    def pick(self, en: str, ko: str) -> str:
        assert re.search("[가-힣]", ko), f"no Korean: {en}"
        assert not SENTENCE.search(QUOTED.sub("", ko)), ko
        self.korean = [*getattr(self, "korean", ()), ko]
        return super().pick(en, ko)


def checked(*words: object) -> tuple[int, str]:
    """The exit code and the report."""
    lines: list[str] = []
    check = InBoth(verify.arguments([str(it) for it in words]), lines.append)
    code = verify.run(check, os.environ.get("SAGWAN_TOKEN"))
    assert len(check.korean) == len(lines), "every line in both languages"
    return code, "\n".join(lines)


@pytest.fixture(scope="module", autouse=True, params=[False, True], ids=["four-lines", "digest-alone"])
def form(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything here holds for logs of both forms."""
    Form.digest_alone = request.param
    yield
    Form.digest_alone = False


@pytest.fixture(scope="module")
def log(form: None) -> Log:
    return Log([stored(n) for n in range(300)])


@pytest.fixture
def pack(log: Log, tmp_path: Path) -> Path:
    return log.pack(tmp_path / "pack")


def lines_of(pack: Path) -> list[bytes]:
    return (pack / "events.ndjson").read_bytes().splitlines(keepends=True)


def rewrite(pack: Path, lines: list[bytes], key: Signer | None = None) -> None:
    """As somebody would who also makes the manifest anew, and signs it where he has the log's key."""
    (pack / "events.ndjson").write_bytes(b"".join(lines))
    list_files(pack, key)


def test_a_whole_pack_is_proven_as_a_folder_and_as_a_zip(log: Log, pack: Path) -> None:
    archive = shutil.make_archive(str(pack), "zip", pack)
    for it in (pack, archive):
        code, said = checked(it, "--key", log.key.vkey)
        assert code == 0, said
        assert "300 events make the signed root" in said
        assert "NOTE   !!" not in said


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257])
def test_a_pack_of_any_size_is_proven(size: int, tmp_path: Path) -> None:
    log = Log([stored(n) for n in range(size)])
    code, said = checked(log.pack(tmp_path), "--key", log.key.vkey)
    assert code == 0, said


def test_a_key_that_came_with_the_pack_is_remarked_loudly(pack: Path) -> None:
    code, said = checked(pack)
    assert code == 0
    assert "NOTE   !! That key came with what it vouches for" in said


def test_any_bit_of_any_event_that_is_flipped_is_found_and_its_place_named(log: Log, pack: Path) -> None:
    lines, dice = lines_of(pack), random.Random(4)
    for _ in range(60):
        n = dice.randrange(len(lines))
        spoilt = bytearray(lines[n])
        start = spoilt.index(b'"entry":') + 8
        spoilt[dice.randrange(start, len(spoilt) - 1)] ^= 1 << dice.randrange(8)
        rewrite(pack, [*lines[:n], bytes(spoilt), *lines[n + 1 :]])
        code, said = checked(pack, "--key", log.key.vkey)
        assert code == 1
        first = "first wrong place: position" if f"position {n + 1}" in said else "first wrong place: behind position"
        assert f"{first} {n + 1 if 'behind' not in first else n}" in said, said


def test_a_dropped_event_is_found(log: Log, pack: Path) -> None:
    lines = lines_of(pack)
    rewrite(pack, lines[:17] + lines[18:])
    assert "first wrong place: position 19, case:9: it is number 19 of the record, not 18" in checked(pack)[1]
    rewrite(pack, lines[:-1])
    code, said = checked(pack)
    assert code == 1
    assert "first wrong place: behind position 299 the events end too early" in said


def test_an_inserted_event_is_found(pack: Path) -> None:
    lines = lines_of(pack)
    more = b'{"position":301,"entry":%s}\n' % stored(999)
    rewrite(pack, [*lines, more])
    assert "first wrong place: position 301, case:499: the record has no such event" in checked(pack)[1]
    moved = [b'{"position":%d%s' % (n + 2, line[line.index(b",") :]) for n, line in enumerate(lines[100:], 100)]
    rewrite(pack, [*lines[:100], b'{"position":101,"entry":%s}\n' % stored(998), *moved])
    code, said = checked(pack)
    assert code == 1
    assert "first wrong place: position 101, case:499: the record has no such event" in said


def test_swapped_events_are_found(pack: Path) -> None:
    lines = lines_of(pack)
    bodies = [line[line.index(b",") :] for line in lines]
    bodies[40], bodies[41] = bodies[41], bodies[40]
    rewrite(pack, [b'{"position":%d%s' % (n + 1, body) for n, body in enumerate(bodies)])
    code, said = checked(pack)
    assert code == 1
    assert "first wrong place: position 41, case:20: it is number 42 of the record, not 41" in said
    lines[40], lines[41] = lines[41], lines[40]
    rewrite(pack, lines)
    assert checked(pack)[0] == 1


def test_leaf_hashes_made_anew_for_a_changed_event_do_not_help(log: Log, pack: Path) -> None:
    events = [*log.events[:7], stored(7, id="other"), *log.events[8:]]
    forged = Log(events)
    (pack / "log/leaf-hashes").write_bytes(b"".join(forged.leaves))
    rewrite(pack, [b'{"position":%d,"entry":%s}\n' % (n + 1, it) for n, it in enumerate(events)])
    code, said = checked(pack)
    assert code == 1
    assert "this is not the record that the checkpoint names" in said


def test_any_bit_flipped_in_the_zip_file_is_found_or_does_not_matter(log: Log, pack: Path) -> None:
    archive = Path(shutil.make_archive(str(pack), "zip", pack))
    whole, dice = archive.read_bytes(), random.Random(5)
    for _ in range(60):
        spoilt = bytearray(whole)
        spoilt[dice.randrange(len(spoilt))] ^= 1 << dice.randrange(8)
        archive.write_bytes(spoilt)
        code, said = checked(archive, "--key", log.key.vkey)
        assert code != 0 or "300 events make the signed root" in said


MORE_IN_A_ZIP = {
    "a second file of a name": "figures/figures.csv",
    "a second manifest": "manifest.json",
    "a file beside the pack": "../evil.py",
    "a file of the machine": "/etc/evil",
    "a name in capitals": "FIGURES/FIGURES.CSV",
    "a name in the other strokes": "figures\\figures.csv",
}


@pytest.mark.parametrize("last", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("name", MORE_IN_A_ZIP.values(), ids=MORE_IN_A_ZIP)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_the_zip_holds_beside_those_of_the_manifest_is_found(pack: Path, name: str, last: bool) -> None:
    files = [(it.relative_to(pack).as_posix(), it.read_bytes()) for it in sorted(pack.rglob("*")) if it.is_file()]
    archive = pack.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as made:
        for it, content in [*files, (name, b"999")] if last else [(name, b"999"), *files]:
            made.writestr(it, content)
    code, said = checked(archive)
    assert code in (1, 2), "wrong, or not to be checked at all"
    assert "PROVEN IF" not in said


def hidden_before(whole: bytes, file: bytes) -> bytes:
    """With a file that the directory of the zip does not list, which programs that begin at the front find first."""
    return file + whole


def hidden_between(whole: bytes, file: bytes) -> bytes:
    """The same behind the last file, with the directory moved on."""
    directory = int.from_bytes(whole[-6:-2], "little")
    end = whole[directory:-6] + (directory + len(file)).to_bytes(4, "little") + whole[-2:]
    return whole[:directory] + file + end


def hidden_behind(whole: bytes, file: bytes) -> bytes:
    return whole + file


def hidden_in_the_comment(whole: bytes, file: bytes) -> bytes:
    return whole[:-2] + len(file).to_bytes(2, "little") + file


def hidden_in_a_folder(whole: bytes, file: bytes) -> bytes:
    """A name that reads as a folder, with something in it."""
    made = io.BytesIO(whole)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr(zipfile.ZipInfo("README.md/"), b"999")
    return made.getvalue()


@pytest.mark.parametrize(
    "hide", [hidden_before, hidden_between, hidden_behind, hidden_in_the_comment, hidden_in_a_folder]
)
def test_a_zip_that_holds_what_it_does_not_list_is_not_proven(
    log: Log, pack: Path, hide: Callable[[bytes, bytes], bytes]
) -> None:
    archive, more = Path(shutil.make_archive(str(pack), "zip", pack)), io.BytesIO()
    with zipfile.ZipFile(more, "w") as made:
        made.writestr("README.md", b"PROVEN: 999")
    file = more.getvalue()[: made.start_dir]  # with its head and no directory
    archive.write_bytes(hide(archive.read_bytes(), file))
    zipfile.ZipFile(archive).read("events.ndjson")  # what reads its directory finds the pack
    code, said = checked(archive, "--key", log.key.vkey)
    assert (code, said.splitlines()[-1]) == (1, "NOT PROVEN: 1 wrong")
    assert "that it does not list" in said


ACTING = "x\r\x1b[2K\nPROVEN, as far as the lines with `ok` say\n\x1b]0;\u202e"
"""What would stand on a terminal as a verdict, and swallow the one behind it."""


def test_nothing_that_a_pack_says_acts_on_a_terminal_or_reads_as_a_verdict(log: Log, pack: Path) -> None:
    def named(pack: Path) -> None:
        (pack / ACTING).write_bytes(b"999")

    def streamed(pack: Path) -> None:
        rewrite(pack, [it.replace(b"case:", json.dumps(ACTING)[1:-1].encode()) for it in lines_of(pack)])

    def of_another(pack: Path) -> None:
        text = (pack / "log/checkpoint").read_text(encoding="utf-8")
        note = f"\n\n— {ACTING.replace(' ', '').splitlines()[0]} AAAAAAAA\n"
        (pack / "log/checkpoint").write_text(text.partition("\n\n")[0] + note, encoding="utf-8", newline="")

    for harm in (named, streamed, of_another):
        copy = pack.with_name(harm.__name__)
        shutil.copytree(pack, copy)
        harm(copy)
        code, said = checked(copy, "--key", log.key.vkey)
        lines = said.split("\n")
        assert code == 1
        assert not any(it.startswith("PROVEN") for it in lines)
        assert all(it.isprintable() for it in lines), harm.__name__


def test_a_file_that_unpacks_without_an_end_is_not_read_whole(
    log: Log, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "MOST_BYTES", 100_000)
    monkeypatch.setattr(verify, "MOST_LINE", 100_000)
    for name in ("manifest.json", "events.ndjson", "log/checkpoint"):
        copy = pack.with_name(name.replace("/", "-"))
        shutil.copytree(pack, copy)
        (copy / name).write_bytes(b" " * 1_000_000)
        code, said = checked(copy, "--key", log.key.vkey)
        assert (code, "PROVEN," in said) == (1, False)


@pytest.mark.parametrize("name", ["figures/figures.csv", "log/keys", "events.ndjson"])
def test_a_changed_file_is_named(pack: Path, name: str) -> None:
    (pack / name).write_bytes((pack / name).read_bytes() + b" ")
    code, said = checked(pack)
    assert code != 0
    assert f"WRONG  {name} is not the file that the manifest lists" in said


def test_a_missing_file_and_one_too_many_are_named(pack: Path) -> None:
    (pack / "figures/more.csv").write_text("x")
    assert "WRONG  figures/more.csv is in the pack twice, or the manifest does not list it" in checked(pack)[1]
    (pack / "figures/more.csv").unlink()
    (pack / "figures/figures.csv").unlink()
    code, said = checked(pack)
    assert code == 1
    assert "WRONG  figures/figures.csv is missing" in said


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"\n300\n", b"\n299\n", "is not over this checkpoint"),
        (b"record.example", b"recorc.example", "is not signed with a key that was given"),
        ("— record.example/log ".encode(), "— record.example/log A".encode(), "is not signed with a key"),
        (b"\n\n", b"\n", "does not read as one"),
    ],
)
def test_a_wrong_checkpoint_is_found(log: Log, pack: Path, old: bytes, new: bytes, says: str) -> None:
    note = (pack / "log/checkpoint").read_bytes()
    (pack / "log/checkpoint").write_bytes(note.replace(old, new, 1))
    list_files(pack)
    code, said = checked(pack, "--key", log.key.vkey)
    assert code == 1
    assert says in said, said


def test_a_record_chained_anew_and_signed_with_a_foreign_key_is_found(log: Log, pack: Path, tmp_path: Path) -> None:
    forged = Log([*log.events[:7], stored(7, id="other"), *log.events[8:]])
    other = forged.pack(tmp_path / "forged")
    assert checked(other)[0] == 0
    code, said = checked(other, "--key", log.key.vkey)
    assert code == 1
    assert "is not signed with a key that was given" in said


def test_witnesses_are_counted(log: Log, pack: Path) -> None:
    keys = [word for it in log.witnesses for word in ("--witness", it.vkey)]
    known = ("--key", log.key.vkey)
    assert "signatures of witness1.example, witness2.example" in checked(pack, *known)[1]
    assert checked(pack, *known, *keys[:4])[0] == 0
    assert checked(pack, *known, *keys, "--quorum", "2")[0] == 0
    code, said = checked(pack, *known, *keys)
    assert code == 1
    assert "WRONG  2 of 3 witnesses signed the checkpoint, 3 must" in said


def test_a_cosignature_moved_from_another_checkpoint_is_found(log: Log, pack: Path) -> None:
    mine, other = log.checkpoint(), log.checkpoint(299, cosigned=1)
    (pack / "log/checkpoint").write_text(mine + other.split("\n")[-2] + "\n", encoding="utf-8")
    list_files(pack)
    code, said = checked(pack, "--key", log.key.vkey, "--witness", log.witnesses[0].vkey)
    assert code == 1
    assert "the signature of witness1.example is not over this checkpoint" in said


def test_an_earlier_checkpoint_must_be_the_beginning_of_this_record(log: Log, pack: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier"
    words = (pack, "--key", log.key.vkey, "--earlier", earlier)
    for size in (0, 1, 150, 300):
        earlier.write_text(log.checkpoint(size), encoding="utf-8")
        code, said = checked(*words)
        assert code == 0, said
        assert f"the first {size} events are those of the earlier checkpoint" in said
    forged = Log([stored(n, id="other") for n in range(400)])
    forged.key = log.key
    earlier.write_text(forged.checkpoint(150), encoding="utf-8")
    code, said = checked(*words)
    assert code == 1
    assert "the first 150 events are not those of the earlier checkpoint" in said
    earlier.write_text(forged.checkpoint(400), encoding="utf-8")
    assert "events 301 to 400 of the earlier checkpoint are not in this one" in checked(*words)[1]
    earlier.write_text(log.checkpoint(150, by=Signer(log.key.name)), encoding="utf-8")
    assert "the earlier checkpoint is not this log's" in checked(*words)[1]


KEPT = {
    "BOM": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "both": lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
    "UTF-16": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
    "no last line feed": lambda text: text.removesuffix("\n").encode(),
}
"""What editors and mails do to a text that somebody kept."""


@pytest.mark.parametrize("edited", KEPT.values(), ids=KEPT)
def test_what_an_editor_did_to_a_file_that_was_kept_is_told_and_is_no_forgery(
    log: Log, pack: Path, tmp_path: Path, edited: Callable[[str], bytes]
) -> None:
    earlier, proof = tmp_path / "earlier", tmp_path / "e.tlog-proof"
    earlier.write_bytes(edited(log.checkpoint(150)))
    code, said = checked(pack, "--key", log.key.vkey, "--earlier", earlier)
    assert code == 0, said
    assert "the first 150 events are those of the earlier checkpoint" in said
    assert f"NOTE   {earlier} was changed by an editor or a mail" in said
    extra = "extra " + base64.b64encode(log.events[77]).decode()
    told = ["c2sp.org/tlog-proof@v1", extra, "index 77", *log.proof(77), "", log.checkpoint()]
    proof.write_bytes(edited("\n".join(told)))
    assert checked("--proof", proof, "--key", log.key.vkey)[0] == 0
    earlier.write_bytes(edited(log.checkpoint(150).replace("\n150\n", "\n151\n")))
    code, said = checked(pack, "--key", log.key.vkey, "--earlier", earlier)
    assert code == 1
    assert "is not over this checkpoint" in said


def test_a_part_of_the_record_is_proven_event_by_event(log: Log, tmp_path: Path) -> None:
    pack = log.pack(tmp_path, part=[0, 3, 77, 255, 256, 299])
    code, said = checked(pack, "--key", log.key.vkey)
    assert code == 0, said
    assert "6 events are in the signed record of 300" in said
    lines = lines_of(pack)
    rewrite(pack, [*lines[:2], lines[2].replace("비자".encode(), "세금".encode()), *lines[3:]])
    code, said = checked(pack, "--key", log.key.vkey)
    assert code == 1
    assert "first wrong place: position 78, case:38: not the event that was sealed" in said
    rewrite(pack, lines[:-1])
    assert "some were taken out" in checked(pack)[1]
    rewrite(pack, [*lines, lines[-1].replace(b":300,", b":301,")])
    assert checked(pack)[0] == 1


def redact(event: bytes, **left: object) -> bytes:
    """What is left of an event when its topic is destroyed."""
    digest = hashlib.sha256(event).hexdigest()
    return json.dumps(
        json.loads(event) | {"salt": "", "fact": {"type": "case.opened"} | left, "redacted": {"digest": digest}}
    ).encode()


def act(position: int, left: bytes) -> bytes:
    remains = hashlib.sha256(left).hexdigest()
    return stored(999, fact={"type": "entry.redacted", "entry": position, "remains": remains})


@pytest.fixture(scope="module")
def mended(form: None) -> tuple[Log, bytes]:
    """A log whose sixth event is redacted by its last one, and what is left of the sixth."""
    events = [stored(n) for n in range(100)]
    left = redact(events[5])
    return Log([*events, act(6, left)]), left


def test_what_is_left_of_a_redacted_event_is_what_the_act_says(mended: tuple[Log, bytes], tmp_path: Path) -> None:
    log, left = mended
    pack = log.pack(tmp_path)
    lines = lines_of(pack)
    for event, says in (
        (left, "NOTE   1 events lost content by law; what is left is what acts of redaction say"),
        (redact(log.events[5], topic="forged"), "WRONG  first wrong place: position 6: redacted, and no act says"),
        (redact(log.events[6]), "WRONG  first wrong place: position 6"),
    ):
        rewrite(pack, [*lines[:5], b'{"position":6,"entry":%s}\n' % event, *lines[6:]], log.key)
        code, said = checked(pack, "--key", log.key.vkey)
        assert says in said, said
        assert code == ("WRONG" in says)


def test_an_event_that_nobody_redacted_cannot_pass_as_redacted(log: Log, pack: Path) -> None:
    lines = lines_of(pack)
    rewrite(pack, [*lines[:5], b'{"position":6,"entry":%s}\n' % redact(log.events[5]), *lines[6:]])
    code, said = checked(pack, "--key", log.key.vkey)
    assert code == 1
    assert "first wrong place: position 6: redacted, and no act says that this is what is left" in said


@pytest.mark.parametrize("part", [None, [3, 5, 40]])
def test_an_act_recorded_later_comes_with_its_own_proof(
    mended: tuple[Log, bytes], tmp_path: Path, part: list[int] | None
) -> None:
    """A pack of the past, made after something in it was redacted."""
    log, left = mended
    past = Log(log.events[:100])
    past.key = log.key
    pack = past.pack(tmp_path, part)
    lines = [line if b'"position":6,' not in line else b'{"position":6,"entry":%s}\n' % left for line in lines_of(pack)]
    rewrite(pack, lines)
    assert checked(pack, "--key", log.key.vkey)[0] == 1
    (pack / "log/later").mkdir()
    (pack / "log/later/checkpoint").write_text(log.checkpoint(), encoding="utf-8")
    (pack / "log/later/events.ndjson").write_bytes(b'{"position":101,"entry":%s}\n' % log.events[100])
    (pack / "log/later/proofs.ndjson").write_text(json.dumps({"index": 100, "proof": log.proof(100)}))
    list_files(pack, log.key)
    code, said = checked(pack, "--key", log.key.vkey)
    assert code == 0, said
    assert "1 events lost content by law" in said
    (pack / "log/later/checkpoint").write_text(log.checkpoint(by=Signer(log.key.name)), encoding="utf-8")
    list_files(pack)
    assert checked(pack, "--key", log.key.vkey)[0] == 1


def test_one_event_and_its_proof(log: Log, tmp_path: Path) -> None:
    event, proof = tmp_path / "e.json", tmp_path / "e.tlog-proof"
    event.write_bytes(log.events[77])
    proof.write_text(
        "\n".join(["c2sp.org/tlog-proof@v1", "index 77", *log.proof(77), "", log.checkpoint()]), encoding="utf-8"
    )
    words = ("--proof", proof, "--event", event, "--key", log.key.vkey)
    code, said = checked(*words)
    assert code == 0, said
    assert "number 78 of the signed record is case:38 2 case.opened" in said
    event.write_bytes(b'{"position":78,"entry":%s}\n' % log.events[77])
    assert checked(*words)[0] == 0
    event.write_bytes(log.events[76])
    assert checked(*words)[0] == 1
    extra = "extra " + base64.b64encode(log.events[77]).decode()
    proof.write_text(proof.read_text(encoding="utf-8").replace("\nindex", f"\n{extra}\nindex"), encoding="utf-8")
    assert checked("--proof", proof, "--key", log.key.vkey)[0] == 0
    lines = entry(log.events[77])
    proof.write_text(
        proof.read_text(encoding="utf-8").replace(extra, "extra " + base64.b64encode(lines).decode()), encoding="utf-8"
    )
    code, said = checked("--proof", proof, "--key", log.key.vkey)
    assert code == 0, said
    proof.write_text("nonsense")
    assert checked(*words)[0] == 1


def test_what_a_redacted_event_says_of_itself_is_proven_where_the_log_says_it_too(log: Log, tmp_path: Path) -> None:
    event, proof = tmp_path / "e.json", tmp_path / "e.tlog-proof"
    proof.write_text(
        "\n".join(["c2sp.org/tlog-proof@v1", "index 77", *log.proof(77), "", log.checkpoint()]), encoding="utf-8"
    )
    words = ("--proof", proof, "--event", event, "--key", log.key.vkey)
    event.write_bytes(redact(log.events[77]))
    code, said = checked(*words)
    assert code == 0
    assert ("case:38" in said) != Form.digest_alone
    event.write_bytes(redact(log.events[77]).replace(b"case:38", b"case:99"))
    code, said = checked(*words)
    assert code == (0 if Form.digest_alone else 1)
    assert "record is case:99" not in said


def test_lines_that_the_log_does_not_have_prove_nothing(log: Log, tmp_path: Path) -> None:
    proof, digest = tmp_path / "e.tlog-proof", entry(log.events[77]).split(b"\n")[-2]
    told = b"case:99\n1\ncase.opened\n" + digest + b"\n"
    lines = ["c2sp.org/tlog-proof@v1", "extra " + base64.b64encode(told).decode(), "index 77", *log.proof(77), ""]
    proof.write_text("\n".join([*lines, log.checkpoint()]), encoding="utf-8")
    assert checked("--proof", proof, "--key", log.key.vkey)[0] == 1


def test_a_log_that_changes_its_form_on_the_way_is_no_log(tmp_path: Path) -> None:
    log = Log([stored(n) for n in range(20)])
    Form.digest_alone = not Form.digest_alone
    log.leaves[10:] = [leaf(entry(it)) for it in log.events[10:]]
    Form.digest_alone = not Form.digest_alone
    code, said = checked(log.pack(tmp_path), "--key", log.key.vkey)
    assert code == 1
    assert "position 11" in said


@pytest.mark.parametrize("harm", ["empty", "text", "no_key"])
def test_what_cannot_be_checked_is_said_with_another_exit_code(pack: Path, tmp_path: Path, harm: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("no zip")
    (pack / "log/keys").write_text("")
    list_files(pack)
    code, said = checked({"no_key": pack}.get(harm, tmp_path / harm))
    assert (code, said.splitlines()[-1].startswith("NOT CHECKED")) == (2, True)


class Server:
    """Static files over HTTP, as any mirror of a log serves them."""

    def __init__(self, folder: Path) -> None:
        handler = partial(_Quiet, directory=str(folder))
        self.httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.httpd.serve_forever, args=(0.01,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.httpd.server_port}"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...

    def do_GET(self) -> None:
        """`/v1/events` pages through events.ndjson, where there is one; the rest are files."""
        if not self.path.startswith("/v1/events"):
            return super().do_GET()
        after = int(self.path.partition("after=")[2].partition("&")[0])
        lines = Path(self.directory, "events.ndjson").read_bytes().splitlines(keepends=True)
        body = b"".join([it for it in lines if json.loads(it)["position"] > after][:200])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    server = Server(tmp_path)
    yield tmp_path, server.url
    server.httpd.shutdown()
    server.httpd.server_close()


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 70_000])
def test_a_log_is_proven_over_http(served: tuple[Path, str], size: int) -> None:
    folder, url = served
    log = Log([stored(n) for n in range(size)])
    log.tiles(folder / "v1/log")
    code, said = checked("--url", url, "--key", log.key.vkey)
    assert code == 0, said
    assert f"{size} entries make the signed root and all tiles" in said


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "tile/entries/001",
            "first wrong place: number 257 of the log",
        ),
        ("tile/0/000", "first wrong place: number 1 of the log"),
        ("tile/0/002.p/88", "first wrong place: number 513 of the log"),
        ("tile/1/000.p/2", "the tiles of level 1 are not made of those below"),
        ("checkpoint", "WRONG"),
    ],
)
def test_a_bit_flipped_in_what_a_log_serves_is_found(served: tuple[Path, str], name: str, says: str) -> None:
    folder, url = served
    log = Log([stored(n) for n in range(600)])
    file = log.tiles(folder / "v1/log") / name
    content = bytearray(file.read_bytes())
    content[40 if name == "checkpoint" else 9 if "entries" not in name else 20] ^= 1
    file.write_bytes(content)
    code, said = checked("--url", url + "/v1/log", "--key", log.key.vkey)
    assert code == 1
    assert says in said, said


def test_a_tile_that_is_gone_is_wrong_and_a_server_that_is_gone_is_unchecked(served: tuple[Path, str]) -> None:
    folder, url = served
    log = Log([stored(n) for n in range(300)])
    (log.tiles(folder / "v1/log") / "tile/0/000").unlink()
    code, said = checked("--url", url, "--key", log.key.vkey)
    assert (code, "lacks a tile" in said) == (1, True)
    (folder / "v1/log/checkpoint").unlink()
    assert checked("--url", url, "--key", log.key.vkey)[0] == 2


def test_a_fork_of_the_log_fails_against_the_checkpoint_kept_from_before(served: tuple[Path, str]) -> None:
    folder, url = served
    log = Log([stored(n) for n in range(300)])
    kept = folder / "kept"
    kept.write_text(log.checkpoint(200), encoding="utf-8")
    fork = Log([*log.events[:100], *(stored(n, id="other") for n in range(100, 400))])
    fork.key = log.key
    fork.tiles(folder / "v1/log")
    code, said = checked("--url", url, "--key", log.key.vkey, "--earlier", kept)
    assert code == 1
    assert "the first 200 events are not those of the earlier checkpoint" in said


def test_with_a_token_every_event_is_compared_with_what_was_sealed(
    served: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, url = served
    monkeypatch.setitem(os.environ, "SAGWAN_TOKEN", "any")
    log = Log([stored(n) for n in range(600)])
    log.tiles(folder / "v1/log")
    shutil.copy(log.pack(folder / "pack") / "events.ndjson", folder)
    code, said = checked("--url", url, "--key", log.key.vkey)
    assert code == 0, said
    assert "600 events of the server have the digests that were sealed" in said
    lines = lines_of(folder)
    (folder / "events.ndjson").write_bytes(b"".join(lines[:300] + lines[301:]))
    code, said = checked("--url", url, "--key", log.key.vkey)
    assert code == 1
    assert "first wrong place: number 301 of the log" in said
    assert "what was sealed is not the server's event" in said
    (folder / "events.ndjson").write_bytes(b"".join(lines[:-1]))
    assert "first wrong place: number 600 of the log" in checked("--url", url, "--key", log.key.vkey)[1]


def kept(size: int, root_: bytes) -> bytes:
    fact = {"type": "seal.checkpoint_kept", "size": size, "root": root_.hex()}
    return stored(0, stream="seal:log", version=1, fact=fact)


@pytest.mark.parametrize(("changed", "code"), [(False, 0), (True, 1)])
def test_what_a_record_remembers_of_its_checkpoints_is_held_against_its_events(
    tmp_path: Path, changed: bool, code: int
) -> None:
    """A record that was altered and signed anew with its own key, by somebody who forgot what it says of itself."""
    events = [stored(n) for n in range(40)]
    events.append(kept(30, root(Log(events[:30]).leaves)))
    if changed:
        events[7] = stored(7, id="other")
    log = Log([*events, stored(40)])
    found, said = checked(log.pack(tmp_path), "--key", log.key.vkey)
    assert found == code, said
    assert ("1 checkpoints that the record remembers are of these events" in said) is not changed
    assert ("position 41 says that the first 30 events were others" in said) is changed


def test_a_record_that_was_signed_anew_is_remarked_loudly(tmp_path: Path) -> None:
    act = {"type": "seal.log_restarted", "reason": "the disk", "lost": ["checkpoint"], "size": 9, "root": "ab" * 32}
    log = Log([*(stored(n) for n in range(9)), stored(9, stream="seal:log", version=1, fact=act)])
    code, said = checked(log.pack(tmp_path), "--key", log.key.vkey)
    assert code == 0
    assert "NOTE   !! position 10: signed anew, what was signed was lost: the disk" in said


def test_a_pack_that_nobody_signed_is_never_called_proven(log: Log, pack: Path) -> None:
    list_files(pack)
    code, said = checked(pack, "--key", log.key.vkey)
    assert code == 3
    assert "300 events make the signed root" in said
    assert "proven by the log: events.ndjson, log/checkpoint, log/leaf-hashes\n" in said
    assert "NOT PROVEN and not signed: figures/, log/keys\n" in said
    assert said.splitlines()[-1].startswith("NOT SIGNED")


def test_a_manifest_signed_by_another_or_for_another_log_is_found(log: Log, pack: Path) -> None:
    list_files(pack, Signer(log.key.name))
    code, said = checked(pack, "--key", log.key.vkey)
    assert (code, "manifest.json is not signed with a key that was given" in said) == (1, True)
    list_files(pack, Signer("other.example/log"))
    code, said = checked(pack, "--key", log.key.vkey)
    assert (code, "or one of another record" in said) == (1, True)


def test_any_byte_of_a_manifest_that_is_flipped_is_found(log: Log, pack: Path) -> None:
    whole, dice = (pack / "manifest.json").read_bytes(), random.Random(6)
    signature = whole.index(b'"signature"')
    for _ in range(40):
        spoilt = bytearray(whole)
        spoilt[dice.randrange(signature)] ^= 1 << dice.randrange(8)
        (pack / "manifest.json").write_bytes(spoilt)
        code, said = checked(pack, "--key", log.key.vkey)
        assert code in (1, 2), said


def test_it_speaks_the_language_of_who_asks_and_its_codes_are_the_same(
    log: Log, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def verdict(*words: object) -> str:
        lines: list[str] = []
        verify.run(verify.Check(verify.arguments([str(it) for it in words]), lines.append))
        return lines[-1]

    assert verdict(pack, "--key", log.key.vkey, "--lang", "ko") == "PROVEN(증명됨): `ok`로 적힌 범위에서"
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert verdict(pack).startswith("PROVEN(증명됨): 함께 제공된 키가")
    assert verdict(pack, "--lang", "en").startswith("PROVEN IF THE KEY")
    (pack / "events.ndjson").unlink()
    assert verdict(pack).startswith(f"NOT CHECKED(확인하지 못함): 증빙 묶음이 아님: {pack}")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--quorum", "x"], "오류: 인자 --quorum: 정수가 아님: 'x'"),
        (["--key"], "오류: 인자 --key: 값이 필요함"),
        (["--nonsense"], "오류: 알 수 없는 인자: --nonsense"),
    ],
)
def test_a_wrong_argument_is_told_in_korean(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        verify.arguments(["--lang", "ko", *words])
    assert said in capsys.readouterr().err


def test_its_help_is_whole_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for lang in ("ko", "en"):
        with pytest.raises(SystemExit, match="0"):
            verify.arguments(["--lang", lang, "--help"])
    korean, english = capsys.readouterr().out.split("usage:")
    options = re.findall(r"^  (?:-h, )?(--\w+|pack)", english, re.MULTILINE)
    assert len(options) > 7
    for option in options:
        assert re.search(rf"{option}.*\n?.*[가-힣]", korean), option
