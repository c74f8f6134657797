"""Where results are shown: a terminal with its width and its colours, or a file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from itertools import islice
from shutil import get_terminal_size

from troupe_presenter import Lines

TOGETHER = 500
"""So many lines are written at once."""
USUAL = 80


def screen(width: int | None = None, *, colours: bool | None = None) -> Lines:
    """For what is printed, or for a picture."""
    stream = sys.stdout
    if colours is None:
        colours = _in_colour(stream.isatty())
    return Lines(
        width if width is not None else get_terminal_size((USUAL, 24)).columns,
        colours=colours,
        encoding=getattr(stream, "encoding", None) or "utf-8",
    )


def _in_colour(terminal: bool) -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (terminal and os.environ.get("TERM") != "dumb")


def put(lines: Iterable[str]) -> None:
    """Print them. Some at a time, so that whoever has read enough can close the pipe."""
    left = iter(lines)
    while some := list(islice(left, TOGETHER)):
        sys.stdout.write("\n".join([*some, ""]))
    sys.stdout.flush()
