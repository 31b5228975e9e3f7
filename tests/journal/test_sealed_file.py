"""How files are encrypted: what comes back is what went in, or nothing."""

from __future__ import annotations

import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal.evidence.sealed_file import HEADER, PART, TAG, FileHarmed, SealingWriter, opened_parts

KEY, ABOUT = bytes(range(32)), b"whose it is"
SIZES = st.sampled_from([0, 1, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 5])


def sealed(content: bytes, pieces: int = 1) -> tuple[bytes, SealingWriter]:
    file = io.BytesIO()
    writer = SealingWriter(file, KEY, ABOUT)
    step = max(1, len(content) // pieces)
    for at in range(0, len(content), step):
        writer.write(content[at : at + step])
    writer.end()
    return file.getvalue(), writer


def opened(stored: bytes, about: bytes = ABOUT) -> bytes:
    return b"".join(opened_parts(io.BytesIO(stored), KEY, about))


def some(size: int) -> bytes:
    return hashlib.shake_128(b"%d" % size).digest(size)


@given(size=SIZES, pieces=st.integers(1, 7))
def test_what_comes_back_is_what_went_in(size: int, pieces: int) -> None:
    content = some(size)
    stored, writer = sealed(content, pieces)
    assert opened(stored) == content
    assert (writer.sha256, writer.bytes) == (hashlib.sha256(content).hexdigest(), size)
    assert writer.sealed == hashlib.sha256(stored).hexdigest()
    assert not size or content[:100] not in stored


@given(size=SIZES, data=st.data())
def test_no_changed_byte_comes_back(size: int, data: st.DataObject) -> None:
    stored = bytearray(sealed(some(size))[0])
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= 1
    with pytest.raises(FileHarmed):
        opened(bytes(stored))


@pytest.mark.parametrize("end", [0, len(HEADER), len(HEADER) + 5, len(HEADER) + PART + TAG, -1])
def test_what_is_cut_off_does_not_pass_for_whole(end: int) -> None:
    with pytest.raises(FileHarmed):
        opened(sealed(some(3 * PART))[0][:end])


def test_parts_are_in_their_places_and_of_their_file() -> None:
    stored, _ = sealed(some(3 * PART))
    head, first, second, rest = (
        stored[: len(HEADER)],
        *(stored[len(HEADER) + n * (PART + TAG) :][: PART + TAG] for n in range(2)),
        stored[len(HEADER) + 2 * (PART + TAG) :],
    )
    for swapped in (head + second + first + rest, head + first + first + rest, head + first + rest, stored + rest):
        with pytest.raises(FileHarmed):
            opened(swapped)
    with pytest.raises(FileHarmed):
        opened(stored, b"another's")
