"""The zip file of a pack, which is written front to back."""

from __future__ import annotations

import gc
import io
import zipfile

import pytest

from replay.pack.archive import Archive


def test_an_archive_is_whole_once_it_is_closed() -> None:
    sink = io.BytesIO()
    archive = Archive(sink)
    archive.add("one", b"1")
    archive.close()
    assert zipfile.ZipFile(sink).read("one") == b"1"


def test_an_archive_that_is_given_up_writes_nothing_more() -> None:
    sink = io.BytesIO()
    archive = Archive(sink)
    archive.add("one", b"1")
    written = sink.getvalue()
    # Whoever collects it may be the loop that the sink waits for, and the sink may be closed.
    del archive
    gc.collect()
    assert sink.getvalue() == written
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(sink)
