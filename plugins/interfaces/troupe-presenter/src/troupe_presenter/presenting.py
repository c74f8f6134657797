"""Showing what happens in a runtime or a simulation for a while."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Literal

from troupe_core import AnswerReused, ArgumentError, ModelCall, Runtime, Simulation
from troupe_presenter.json_lines import JsonLines
from troupe_presenter.live import Live
from troupe_presenter.shown import Event, Listening, Plain, Quiet, Shown
from troupe_presenter.stream import Stream

STYLES: dict[str, type[Shown]] = {"rich": Live, "plain": Plain, "json": JsonLines, "quiet": Quiet}
Style = Literal["auto", "rich", "plain", "json", "quiet"]

log = logging.getLogger("troupe")


@contextmanager
def present(
    what: Runtime | Simulation,
    style: Style = "auto",
    file: IO[str] | None = None,
    *,
    thoughts: bool = True,
    expected_turns: int | None = None,
    pace: float = 0.0,
) -> Iterator[Shown]:
    """Until the block ends, show what happens in a simulation, or in all of a runtime.

    "rich" has colours, and a bar that tells how far it is, if somebody says how many turns are expected; "plain" lines,
    "json" a JSON object in each line, and "quiet" only who failed, on stderr. "auto" is "rich" in a terminal that can
    have it, and "plain" elsewhere. Where there is a bar, each line stands alone for `pace` seconds, for whoever wants
    to read along; what happens does not wait for it. When whoever reads the file closes it, nothing more is shown, and
    the run goes on.
    """
    if not isinstance(what, Runtime | Simulation):
        raise ArgumentError(f"what is shown is a Runtime or a Simulation, not {what!r}")
    if style != "auto" and style not in STYLES:
        raise ArgumentError(f"there is no style {style!r}; there are: auto, {', '.join(STYLES)}")
    stream = Stream(file if file is not None else sys.stderr if style == "quiet" else sys.stdout)
    kind = STYLES[style] if style != "auto" else Live if stream.live else Plain
    shown = kind(stream, thoughts=thoughts, expected_turns=expected_turns)
    if isinstance(shown, Live):
        shown.pace = pace
    runtime, only = (what, None) if isinstance(what, Runtime) else (what.runtime, what.id)

    def see(event: Event) -> None:
        simulation = event.call.simulation if isinstance(event, ModelCall | AnswerReused) else event.simulation
        if only is None or simulation == only:
            shown.see(event)

    listening = Listening(shown.log) if kind is not JsonLines and (stream.terminal or kind is Quiet) else None
    shown.begin()
    if listening is not None:
        log.addHandler(listening)
    try:
        with runtime.watching(see):
            yield shown
    except BaseException:
        shown.hurry()
        raise
    finally:
        if listening is not None:
            log.removeHandler(listening)
        shown.end()
