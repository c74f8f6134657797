"""Where results are shown: a terminal with its width and its colours, or a file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice

from troupe_presenter import Lines
from troupe_presenter.stream import Stream

TOGETHER = 500
"""So many lines are written at once."""


def screen() -> Lines:
    """For what is printed."""
    stream = Stream(sys.stdout)
    return Lines(stream.width, colours=stream.coloured, encoding=stream.encoding)


def put(lines: Iterable[str]) -> None:
    """Print them. Some at a time, so that whoever has read enough can close the pipe."""
    left = iter(lines)
    while some := list(islice(left, TOGETHER)):
        sys.stdout.write("\n".join([*some, ""]))
    sys.stdout.flush()
