from __future__ import annotations

import pytest

from journal.log.note import COSIGNATURE, BadSignature, SigningKey
from journal.witness.policy import Policy, WitnessEndpoint
from tests.journal.log import Log

KEYS = [SigningKey.generate(f"witness.example.kr/w{n}", COSIGNATURE) for n in range(3)]
ASKED = tuple(WitnessEndpoint(f"https://w{n}.example.kr", str(key.verifier)) for n, key in enumerate(KEYS))


def test_a_policy_comes_back_from_its_file(tmp_path):
    policy = Policy(2, ASKED)
    policy.save(tmp_path)
    assert Policy.load(tmp_path) == policy


def test_a_checkpoint_is_witnessed_when_enough_of_the_named_witnesses_cosigned_it():
    log = Log(entries=3)
    policy = Policy(2, ASKED)
    note = log.checkpoint()
    text = note.split("\n\n")[0] + "\n"
    stranger = SigningKey.generate("witness.example.kr/w9", COSIGNATURE)
    for key, enough in ((stranger, False), (KEYS[2], False), (KEYS[2], False), (KEYS[0], True), (KEYS[1], True)):
        note += key.cosign(text, 1732233600) + "\n"
        assert policy.witnessed(note) is enough
    assert [it.key.name[-2:] for it in policy.cosignatures(note)] == ["w2", "w0", "w1"]


def test_a_false_cosignature_is_not_just_missing():
    note = Log(entries=3).checkpoint() + KEYS[0].cosign("another\n1\nx\n", 1) + "\n"
    with pytest.raises(BadSignature):
        Policy(1, ASKED).witnessed(note)


def test_without_witnesses_nothing_is_witnessed(tmp_path):
    policy = Policy.load(tmp_path)
    assert policy.witness == ()
    assert not policy.witnessed(Log(entries=3).checkpoint())


WITNESS = '[[witness]]\nurl = "{}"\nkey = "{}"\n'
GOOD = WITNESS.format(ASKED[0].url, ASKED[0].key)


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("required = ", "witnesses.toml"),
        ("required = 0\n" + GOOD, "required = 0"),
        ("required = 2\n" + GOOD, "of 1 witnesses"),
        ("require = 1\n" + GOOD, "require"),
        ("required = 'two'\n" + GOOD, "required"),
        (GOOD + GOOD, "twice"),
        (GOOD + WITNESS.format(ASKED[0].url, SigningKey.generate("record.example.kr").verifier), "key of a record"),
        (WITNESS.format("w1.example.kr", ASKED[0].key), "no URL of a witness"),
        (WITNESS.format(ASKED[0].url, ASKED[0].key[:-2]), r"witness\[0\]"),
        ('[[witness]]\nurl = "https://w"\n', "key"),
        ("\udcff", "witnesses.toml"),
    ],
)
def test_a_file_that_makes_no_policy_is_refused_with_the_place_and_the_reason(tmp_path, file, reason):
    (tmp_path / "witnesses.toml").write_text(file, errors="surrogateescape")
    with pytest.raises(ValueError, match=reason) as refused:
        Policy.load(tmp_path)
    assert "witnesses.toml" in str(refused.value)


def test_the_same_key_under_two_names_is_one_witness():
    private = KEYS[0]
    other = private.verifier._replace(name="witness.example.kr/alias")
    with pytest.raises(ValueError, match="twice"):
        Policy(1, (ASKED[0], WitnessEndpoint("https://w9.example.kr", str(other))))
