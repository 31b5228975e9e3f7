"""Commands say what they said: their help, and their answers on a folder with a server and without one."""

from __future__ import annotations

import pytest

from tests.surface.recording import Answers, of_commands
from tests.surface.test_surface import compared


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answers]:
    return of_commands(tmp_path_factory.mktemp("commands"))


@pytest.mark.parametrize("section", ["help", "without a server", "with a server"])
def test_every_command_says_what_it_said(said: dict[str, Answers], section: str) -> None:
    assert not (found := compared(section, said[section])), "\n".join(found)
