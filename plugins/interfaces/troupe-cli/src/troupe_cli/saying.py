"""What is said on stderr. It may repeat what strangers have written, which must give no orders to a terminal."""

from __future__ import annotations

import logging
import sys

import click


def say(*texts: str) -> None:
    """A remark of ours, and what belongs to it."""
    first, *others = texts
    _put("\n".join([f"troupe: {first}", *others]))


class Heard(logging.Handler):
    """What Troupe logs is said too, where nobody else listens."""

    def __init__(self, logger: logging.Logger) -> None:
        super().__init__(logging.WARNING)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        if self._logger.handlers == [self]:
            _put(record.getMessage())


def _put(text: str) -> None:
    from troupe_presenter import showable

    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    click.echo("\n".join(showable(line, encoding) for line in text.split("\n")), err=True)
