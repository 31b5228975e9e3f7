"""Signed notes, against the vectors of C2SP signed-note and of Go's `sumdb/note`."""

from __future__ import annotations

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.log.note import (
    COSIGNATURE,
    ED25519,
    BadSignature,
    MalformedNote,
    NoTrustedSignature,
    SigningKey,
    VerifierKey,
    open_note,
    read_kept_note,
    signed_note,
)

GOLDEN_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
GOLDEN_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
GO_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

KEY = SigningKey.generate("record.example/a")
OTHER = SigningKey.generate("record.example/b")
WITNESS = SigningKey.generate("witness.example/w", COSIGNATURE)
texts = st.lists(st.text(st.characters(codec="utf-8", min_codepoint=32), max_size=40), min_size=1, max_size=5).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


def test_the_golden_key_and_note_of_the_specification_hold():
    key = VerifierKey.parse(GOLDEN_KEY)
    assert (key.name, key.algorithm, key.id.hex(), str(key)) == ("example.com/foo", ED25519, "530d903a", GOLDEN_KEY)
    text, (signature,) = open_note(GOLDEN_NOTE, [key])
    assert text == "This is an example message.\n"
    assert signed_note(text, signature.line) == GOLDEN_NOTE


def test_a_key_of_go_signs_here_what_it_signs_there():
    key = SigningKey.parse(GO_PRIVATE)
    assert str(key.verifier) == GO_KEY
    text, _ = open_note(GO_NOTE, [key.verifier])
    assert signed_note(text, key.sign(text)) == GO_NOTE


@given(texts, st.integers(0, 2**63 - 1))
def test_what_is_signed_and_cosigned_opens_with_either_key(text, time):
    note = signed_note(text, KEY.sign(text), WITNESS.cosign(text, time))
    assert open_note(note, [KEY.verifier])[0] == text
    assert open_note(note.encode(), [WITNESS.verifier])[1][0].time == time
    assert len(open_note(note, [OTHER.verifier, WITNESS.verifier, KEY.verifier])[1]) == 2


@given(texts, st.data())
def test_no_changed_byte_goes_unnoticed(text, data):
    note = bytearray(signed_note(text, KEY.sign(text), WITNESS.cosign(text, 1732233600)).encode())
    at = data.draw(st.integers(0, len(note) - 1))
    note[at] ^= data.draw(st.integers(1, 255))
    try:
        read, signatures = open_note(bytes(note), [KEY.verifier, WITNESS.verifier])
    except (MalformedNote, BadSignature, NoTrustedSignature):
        return
    # What is left is a line whose name or id became a stranger's.
    assert read == text
    assert len(signatures) == 1


def test_a_note_nobody_trusted_signed_is_refused_and_so_is_one_that_a_trusted_key_seems_to_have_signed():
    text = "a\n"
    with pytest.raises(NoTrustedSignature):
        open_note(signed_note(text, KEY.sign(text)), [OTHER.verifier])
    with pytest.raises(BadSignature, match=r"record.example/a"):
        open_note(signed_note(text, OTHER.sign(text), KEY.sign("b\n")), [OTHER.verifier, KEY.verifier])


def test_the_same_name_with_another_key_is_a_stranger():
    text = "a\n"
    impostor = SigningKey.generate(KEY.verifier.name)
    with pytest.raises(NoTrustedSignature):
        open_note(signed_note(text, impostor.sign(text)), [KEY.verifier])


def test_a_key_that_signs_twice_counts_once():
    text = "a\n"
    assert (
        len(open_note(signed_note(text, WITNESS.cosign(text, 1), WITNESS.cosign(text, 2)), [WITNESS.verifier])[1]) == 1
    )


def test_a_note_may_have_a_hundred_signatures_and_no_more():
    text = "a\n"
    strangers = [SigningKey.generate(f"witness.example/{n}", COSIGNATURE).cosign(text, 1) for n in range(99)]
    assert open_note(signed_note(text, *strangers, KEY.sign(text)), [KEY.verifier])[0] == text
    with pytest.raises(MalformedNote):
        open_note(signed_note(text, *strangers, OTHER.sign(text), KEY.sign(text)), [KEY.verifier])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "a\n",
        "a\n\n",
        "a\n\n— x/y AAAAAAA=",
        "a\n\n- x/y AAAAAAA=\n",
        "a\n\n— x+y AAAAAAA=\n",
        "a\n\n— x\u00a0y AAAAAAA=\n",
        "a\n\n— x/y AAAAAA==\n",
        "a\n\n— x/y AAAAAAB=\n",
        "a\n\n— x/y !AAAAAAA=\n",
        "a\n\n— x/y AAAAAAA= \n",
        "a\r\n\n— x/y AAAAAAA=\n",
        b"\xff\n\n\xe2\x80\x94 x/y AAAAAAA=\n",
    ],
)
def test_what_has_not_the_form_of_a_note_is_malformed(note):
    with pytest.raises(MalformedNote):
        open_note(note, [KEY.verifier])


@pytest.mark.parametrize("text", ["", "a", "a\x00\n", "a\tb\n"])
def test_no_note_is_made_of_a_text_that_cannot_be_one(text):
    with pytest.raises(ValueError, match="line feed"):
        signed_note(text)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("example.com/foo", "name"),
        (GOLDEN_KEY.replace("530d903a", "530d903b"), "530d903a"),
        (GOLDEN_KEY.replace("Aeky", "Aekz"), "damaged"),
        (GOLDEN_KEY[:-4], "name"),
        (GOLDEN_KEY.replace("example.com/foo", "example com"), "spaces"),
        (GOLDEN_KEY.replace("Aeky", "Auky"), "kind 2"),
    ],
)
def test_a_damaged_verifier_key_is_refused_with_the_reason(key, reason):
    with pytest.raises(ValueError, match=reason):
        VerifierKey.parse(key)


def test_a_signing_key_is_on_disk_for_its_owner_alone_and_never_overwritten(tmp_path):
    path = tmp_path / "key"
    previous = os.umask(0)
    try:
        WITNESS.save(path)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SigningKey.load(path).verifier == WITNESS.verifier
    with pytest.raises(FileExistsError):
        KEY.save(path)
    path.chmod(0o640)
    with pytest.raises(PermissionError, match="chmod 600"):
        SigningKey.load(path)


def test_a_file_without_a_key_is_said_to_hold_none_and_its_content_is_not_shown(tmp_path):
    path = tmp_path / "key"
    path.touch(0o600)
    for content in (b"", b"\xff\xfe", b"secret", GO_PRIVATE.replace("c74f20a3", "c74f20a4").encode()):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="holds no signing key") as caught:
            SigningKey.load(path)
        assert "secret" not in str(caught.value)
        assert "EKFAL" not in str(caught.value)


def test_a_record_does_not_sign_with_a_witness_key_nor_a_witness_with_a_record_key():
    with pytest.raises(ValueError, match="keys of their own"):
        WITNESS.sign("a\n")
    with pytest.raises(ValueError, match="keys of their own"):
        KEY.cosign("a\n", 1)


@pytest.mark.parametrize(
    ("edited", "says"),
    [
        (lambda it: it.encode(), []),
        (lambda it: b"\xef\xbb\xbf" + it.encode(), ["it begins with a byte order mark"]),
        (lambda it: it.replace("\n", "\r\n").encode(), ["its lines end in CRLF"]),
        (lambda it: it.replace("\n", "\r\n").encode("utf-16"), ["it is in UTF-16", "its lines end in CRLF"]),
        (lambda it: it.removesuffix("\n").encode(), ["its last line has no end"]),
    ],
)
def test_a_note_that_somebody_kept_is_what_was_signed_whatever_an_editor_did_to_its_file(edited, says):
    text, done = read_kept_note(edited(GO_NOTE))
    assert (text, [it.en for it in done]) == (GO_NOTE, says)
    forged = GO_NOTE.replace("answer", "problem")
    with pytest.raises(BadSignature):
        open_note(read_kept_note(edited(forged))[0], [VerifierKey.parse(GO_KEY)])


def test_what_is_no_text_is_no_note():
    for data in (b"\xff", b"\xff\xfe\x00", b"\x80abc"):
        with pytest.raises(MalformedNote):
            read_kept_note(data)
