"""A place where lines are shown: what it can do, and that it may close."""

from __future__ import annotations

import logging
import os
from typing import IO

log = logging.getLogger("troupe")

WIDTH = 80
"""Columns of what is no terminal."""


class Stream:
    """A file that lines go to. When nobody reads it any more it is closed, and whatever else is written is dropped: a
    run goes on without those who watched it.
    """

    def __init__(self, file: IO[str]) -> None:
        self.file = file
        self.closed = False
        self.encoding = getattr(file, "encoding", None) or "utf-8"

    @property
    def terminal(self) -> bool:
        """Whether somebody looks on."""
        try:
            return self.file.isatty()
        except (AttributeError, ValueError):  # it is no file, or it is closed
            return False

    @property
    def live(self) -> bool:
        """Whether what was written can be taken back again."""
        return self.terminal and os.environ.get("TERM", "") not in ("dumb", "unknown") and os.name != "nt"

    @property
    def coloured(self) -> bool:
        """Whether there are to be colours, as https://no-color.org and https://force-color.org have it."""
        if os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or self.live

    @property
    def width(self) -> int:
        """Columns, as they are now."""
        try:
            return os.get_terminal_size(self.file.fileno()).columns or WIDTH
        except (AttributeError, OSError, ValueError):
            given = os.environ.get("COLUMNS", "")
            return int(given) if given.isascii() and given.isdigit() and int(given) else WIDTH

    def write(self, text: str) -> None:
        """At once."""
        if self.closed:
            return
        try:
            self.file.write(text)
            self.file.flush()
        except BrokenPipeError:  # whoever read has had enough
            self._forget()
        except (OSError, ValueError) as error:
            self.closed = True
            log.warning("nothing more of the run is shown, and it goes on: %s", error)

    def _forget(self) -> None:
        """What is still to be written would only be told once more, when Python ends."""
        self.closed = True
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.file.fileno())
            os.close(nowhere)
        except (AttributeError, OSError, ValueError):  # it is no file of the system's
            pass
