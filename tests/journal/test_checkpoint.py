from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.checkpoint import Checkpoint
from journal.note import COSIGNATURE, MalformedNote, SigningKey, signed

EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
"""The checkpoint of the C2SP specification."""
ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

lines = st.text(st.characters(codec="utf-8", min_codepoint=32), min_size=1, max_size=30)
checkpoints = st.builds(
    Checkpoint,
    lines,
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(lines, max_size=3).map(tuple),
)


def test_the_checkpoint_of_the_specification_reads_and_writes():
    checkpoint = Checkpoint.parse(EXAMPLE)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == EXAMPLE


@given(checkpoints)
def test_a_checkpoint_comes_back_as_it_was(checkpoint):
    assert Checkpoint.parse(checkpoint.text) == checkpoint


def test_a_checkpoint_is_signed_by_its_record_and_cosigned_by_a_witness():
    key = SigningKey.generate("example.com/behind-the-sofa")
    witness = SigningKey.generate("witness.example/w", COSIGNATURE)
    note = signed(EXAMPLE, key.sign(EXAMPLE), witness.cosign(EXAMPLE, 1679315147))
    checkpoint, signatures = Checkpoint.opened(note, [witness.verifier, key.verifier])
    assert checkpoint.size == 20852163
    assert [(it.key.name, it.time) for it in signatures] == [
        (checkpoint.origin, None),
        ("witness.example/w", 1679315147),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        f"\n1\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n1 \n{ROOT}\n",
        f"o\n１\n{ROOT}\n",
        f"o\n9223372036854775808\n{ROOT}\n",
        f"o\n{'9' * 5000}\n{ROOT}\n",
        f"o\n1\n{ROOT}",
        f"o\n1\n{ROOT[:-1]}\n",
        f"o\n1\n{ROOT[:-2]}J=\n",
        "o\n1\nAAAA\n",
        f"o\n1\n{ROOT}\n\n",
        f"o\n1\n{ROOT}\n\nx\n",
    ],
)
def test_what_is_not_exactly_a_checkpoint_is_malformed(text):
    with pytest.raises(MalformedNote):
        Checkpoint.parse(text)
