"""The same in a terminal: below the lines, a bar that tells how far it is. Nothing is switched in the terminal:
whatever ends the program, there is nothing to be put right.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from time import monotonic, sleep

from troupe_presenter.characters import showable
from troupe_presenter.folding import cells, cut
from troupe_presenter.lines import DIM, Lines
from troupe_presenter.shown import Event, Plain
from troupe_presenter.stream import Stream
from troupe_presenter.tally import counted, lasting

EVERY = 0.5
"""Seconds after which the bar is drawn anew, whatever happens."""
SOONEST = 0.1
LONGEST, SHORTEST = 24, 6
"""Columns of the bar."""
CLEAR = "\r\x1b[J"
"""To the end of the screen. The cursor waits above the bar: what others write there stands above it as well."""


class Live(Plain):
    """Lines, and a bar below them."""

    pace = 0.0
    """Seconds for which each line stands alone before the next one comes."""

    def __init__(self, stream: Stream, *, thoughts: bool = True, expected_turns: int | None = None) -> None:
        super().__init__(stream, thoughts=thoughts, expected_turns=expected_turns)
        self._later: deque[str] = deque()
        """What has happened and is still to be shown, if it is not to go too fast. The runtime never waits for it."""
        self._drawn = 0.0
        self._ended = threading.Event()
        self._ticking = threading.Thread(target=self._tick, name="troupe-presenter", daemon=True)

    def begin(self) -> None:
        self._ticking.start()

    def tell(self, text: str) -> None:
        self._catch_up()
        super().tell(text)

    def hurry(self) -> None:
        self.pace = 0.0

    def end(self) -> None:
        try:
            self._catch_up()
        finally:  # whoever does not wait for the last lines must not be left with a bar
            self.hurry()
            self._ended.set()
            self._ticking.join()
            with self._lock:
                self.stream.write(CLEAR)
                super().end()

    def see(self, event: Event) -> None:
        with self._lock:
            super().see(event)
            if monotonic() - self._drawn >= SOONEST:
                self._draw()

    def _catch_up(self) -> None:
        """Show what is waiting, line by line. Whoever has had enough sees the rest at once."""
        try:
            while self._later and self.pace:
                with self._lock:
                    self._write([self._later.popleft()])
                sleep(self.pace)
        finally:
            with self._lock:
                self._write(self._later)
                self._later.clear()

    def _show(self, lines: Iterable[str]) -> None:
        if self.pace:
            self._later.extend(lines)
        else:
            self._write(lines)

    def _write(self, lines: Iterable[str]) -> None:
        text = "\n".join(lines)
        if text:
            self.stream.write(f"{CLEAR}{text}\n{self._bar()}")

    def _tick(self) -> None:
        while not self._ended.wait(EVERY):
            with self._lock:
                self._release()
                self._draw()

    def _draw(self) -> None:
        self.stream.write(f"{CLEAR}{self._bar()}")

    def _bar(self) -> str:
        """What is to be written for it; nothing once it is over."""
        self._drawn = monotonic()
        if self._ended.is_set():
            return ""
        width = self.stream.width
        if width != self.lines.width:
            self.lines = Lines(width, colours=self.stream.coloured, encoding=self.stream.encoding)
        return f"\n{self._progress(width - 1)}\x1b[1A\r"

    def _progress(self, width: int) -> str:
        """The bar, and as much beside it as there is room for."""
        tally, encoding = self.tally, self.stream.encoding
        left = tally.seconds_left
        if tally.expected is None:
            parts = [counted(tally.turns, "turn")]
        else:
            parts = [f"{tally.turns:,} of {counted(tally.expected, 'turn')}"]
            parts += [f"about {lasting(left)} left"] if left is not None else []
        between = showable(" · ", encoding)
        text = cut(parts[0], width, "")
        room = width - (SHORTEST + 1 if tally.expected else 0)
        for part in [*parts[1:], *tally.parts()]:
            if cells(text) + len(between) + cells(part) > room:
                break
            text += between + part
        if not tally.expected:
            return text
        length = min(LONGEST, width - cells(text) - 1)
        if length < SHORTEST:
            return text
        done = min(tally.turns, tally.expected) * length // tally.expected
        rest = self.lines.in_style(showable("╌", encoding) * (length - done), DIM)
        return f"{self.lines.in_style(showable('━', encoding) * done, '32')}{rest} {text}"
