"""What commands say of themselves, in the language of the terminal: by its English, which is next to each option."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
import typer
from typer import rich_utils

from api.terminal_language import language, said
from domain.messages import HELP, HERE, of_library
from domain.phrase import Phrase

PANELS = (
    "ARGUMENTS_PANEL_TITLE",
    "OPTIONS_PANEL_TITLE",
    "COMMANDS_PANEL_TITLE",
    "ERRORS_PANEL_TITLE",
    "DEFAULT_STRING",
    "REQUIRED_LONG_STRING",
    "ENVVAR_STRING",
    "ABORTED_TEXT",
    "RICH_HELP",
)
"""What the library of the terminal says around the help."""

USAGE = "Usage:"
"""How it begins the line that says how a command is written."""


FORMAT_ERROR = rich_utils.rich_format_error


@cache
def known() -> dict[str, Phrase]:
    """Every text of help, by its English."""
    read = msgspec.toml.decode((HERE / HELP).read_bytes(), type=dict[str, list[Phrase]])
    return {it.en: it for some in read.values() for it in some}


def in_language(text: str | None) -> str | None:
    """A text of help, paragraph by paragraph; what is not known is shown as it is."""
    if text is None:
        return None
    paragraphs = [" ".join(it.split()) for it in text.split("\n\n")]
    return "\n\n".join(known()[it].said(language()) if it in known() else it for it in paragraphs)


def speak(command: Any) -> None:
    """From now on a command, and every one below it, has its help in the language of the terminal."""
    if language() == "en":
        return
    for name in PANELS:
        setattr(rich_utils, name, in_language(getattr(rich_utils, name)))
    setattr(rich_utils, "rich_format_error", _print_error)  # noqa: B010  mypy knows it as a function of another name
    _speak(command)


def _print_error(error: Any) -> None:
    """What is wrong with a command as it was written."""
    text = " ".join(error.format_message().split())
    error.format_message = lambda: said(of_library(text))
    FORMAT_ERROR(error)


def _speak(command: Any) -> None:
    command.help, command.short_help = in_language(command.help), in_language(command.short_help)
    for it in command.params:
        it.help = in_language(getattr(it, "help", None))
    ask = command.get_help_option

    def help_option(ctx: typer.Context) -> Any:
        option = ask(ctx)
        option.help = in_language(option.help)
        return option

    command.get_help_option = help_option
    usage = command.get_usage
    command.get_usage = lambda ctx: usage(ctx).replace(USAGE, in_language(USAGE) or "", 1)
    for below in getattr(command, "commands", {}).values():
        _speak(below)
