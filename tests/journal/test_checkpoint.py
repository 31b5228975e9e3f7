from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.log.checkpoint import Checkpoint
from journal.log.note import COSIGNATURE, BadSignature, MalformedNote, SigningKey, VerifierKey, signed_note

EXAMPLE = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
"""The checkpoint of the C2SP specification."""
ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="

PUBLIC = """arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
"""  # noqa: E501
"""A checkpoint of a public Certificate Transparency log, cosigned by public witnesses."""
PUBLIC_KEYS = [
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f",
    "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
]

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


def test_a_checkpoint_of_a_public_log_opens_with_its_key_and_those_of_its_public_witnesses():
    keys = [VerifierKey.parse(key) for key in PUBLIC_KEYS]
    checkpoint, signatures = Checkpoint.opened(PUBLIC, keys)
    assert checkpoint.size == 1432088532
    assert [it.key for it in signatures] == keys
    assert [it.time for it in signatures] == [None, 1779573024, 1779573024, 1779573024]
    with pytest.raises(BadSignature):
        Checkpoint.opened(PUBLIC.replace("1432088532", "1432088533"), keys[3:])


@given(checkpoints)
def test_a_checkpoint_comes_back_as_it_was(checkpoint):
    assert Checkpoint.parse(checkpoint.text) == checkpoint


def test_a_checkpoint_is_signed_by_its_record_and_cosigned_by_a_witness():
    key = SigningKey.generate("example.com/behind-the-sofa")
    witness = SigningKey.generate("witness.example/w", COSIGNATURE)
    note = signed_note(EXAMPLE, key.sign(EXAMPLE), witness.cosign(EXAMPLE, 1679315147))
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
