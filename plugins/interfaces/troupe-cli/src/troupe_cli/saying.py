"""What is said on stderr. It may repeat what strangers have written, which must give no orders to a terminal."""

from __future__ import annotations

import logging
import sys

import click


def say(*texts: str) -> None:
    """A remark of ours, and what belongs to it."""
    first, *others = texts
    on_stderr("\n".join([f"troupe: {first}", *others]))


class Heard(logging.Handler):
    """What Troupe logs is said too, where nobody else listens."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logging.WARNING)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        if self._logger.handlers == [self]:
            on_stderr(record.getMessage())


def on_stderr(text: str, command: str = "") -> None:
    """A text, and a command that can be copied. In a terminal lines are folded between words, and the command has a
    line of its own; elsewhere each is as long as it is.
    """
    lines = _lines(text)
    if command and sys.stderr.isatty():
        lines += _showable(command)
    elif command:
        lines[-1] = " ".join([lines[-1], *_showable(command)])
    click.echo("\n".join(lines), err=True)


def show(error: click.ClickException) -> None:
    """What is wrong with how a command is used, as click has it."""
    if not sys.stderr.isatty():
        error.show()
        return
    begins = "Error: "
    message = "\n".join(_lines(begins + error.format_message())).removeprefix(begins)
    context = error.ctx if isinstance(error, click.UsageError) else None
    (click.UsageError(message, context) if context is not None else click.ClickException(message)).show()


def _lines(text: str) -> list[str]:
    """As stderr can show them."""
    from troupe_presenter import unbroken
    from troupe_presenter.stream import Stream

    lines, stream = _showable(text), Stream(sys.stderr)
    return [part for line in lines for part in unbroken(line, stream.width)] if stream.terminal else lines


def _showable(text: str) -> list[str]:
    from troupe_presenter import showable

    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    return [showable(line, encoding) for line in text.split("\n")]
