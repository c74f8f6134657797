"""One presentation: what it is told, from whatever thread, and what becomes of it. `Quiet` shows failures and nothing
else, `Plain` all of it as lines.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec.structs import replace

from troupe_core import Answered, AnswerReused, Fact, FactsAdded, ModelCall, Remark, StepEnded, TurnEnded
from troupe_core.errors import told
from troupe_presenter.gathering import STIMULUS, together
from troupe_presenter.lines import RED, YELLOW, Lines, words_of
from troupe_presenter.stream import Stream
from troupe_presenter.tally import Tally, counted

Event = ModelCall | AnswerReused | TurnEnded | StepEnded | FactsAdded | Answered | Remark
NOTHING = "–"
"""Stands where somebody has ticked nothing."""


class Shown:
    """What all presentations have in common."""

    def __init__(self, stream: Stream, *, thoughts: bool = True, expected_turns: int | None = None) -> None:
        self.stream = stream
        self.thoughts = thoughts
        self.tally = Tally(expected_turns)
        """What has been counted so far."""
        self._lock = threading.RLock()
        self.lines = Lines(stream.width, colours=stream.coloured, encoding=stream.encoding)
        """How an event is written here."""
        self._causes: set[str] = set()
        """Why somebody failed, of what was shown."""

    def expect(self, turns: int) -> None:
        """So many turns there will be."""
        with self._lock:
            self.tally.expected = turns

    def tell(self, text: str) -> None:
        """A line of one's own, in its place among the others."""
        with self._lock:
            self._tell(text)

    def has_told(self, text: str) -> bool:
        """Whether it is about a failure that was shown already."""
        return any(cause in text for cause in self._causes)

    def see(self, event: Event) -> None:
        """Something has happened."""
        with self._lock:
            self.tally.count(event)
            if isinstance(event, StepEnded):
                self._happened(event.simulation, event.facts, event)
            elif isinstance(event, FactsAdded):
                self._happened(event.simulation, event.facts, None)
            elif isinstance(event, TurnEnded):
                self._turn_ended(event)
            elif isinstance(event, Answered):
                self._answered(event)
            elif isinstance(event, Remark):
                self._remarked(event)
            elif isinstance(event, AnswerReused):
                self._reused(event)
            else:
                self._called(event)

    def log(self, record: logging.LogRecord) -> None:
        """What would be written into the middle of it otherwise."""
        with self._lock:
            self._show(self.lines.note(record.getMessage(), YELLOW))

    def begin(self) -> None:
        """Before anything happens."""

    def hurry(self) -> None:
        """Nobody waits for anything any more."""

    def end(self) -> None:
        """After everything that happens."""

    def _tell(self, text: str) -> None:
        pass

    def _happened(self, simulation: str, facts: Sequence[Fact], step: StepEnded | None) -> None:
        pass

    def _turn_ended(self, event: TurnEnded) -> None:
        if event.error is not None:
            cause = told(event.error)
            why = f"{type(event.error).__name__}, as above" if cause in self._causes else cause
            self._causes.add(cause)
            self._show(self.lines.note(f"✗ {event.person} failed: {why}", RED))

    def _answered(self, event: Answered) -> None:
        pass

    def _remarked(self, event: Remark) -> None:
        pass

    def _called(self, event: ModelCall) -> None:
        pass

    def _reused(self, event: AnswerReused) -> None:
        pass

    def _show(self, lines: Iterable[str]) -> None:
        text = "\n".join(lines)
        if text:
            self.stream.write(f"{text}\n")


class Quiet(Shown):
    """Failures, and nothing else."""

    def log(self, record: logging.LogRecord) -> None:
        """Errors are failures."""
        if record.levelno >= logging.ERROR:
            super().log(record)


class Plain(Shown):
    """Lines: who says what to whom."""

    def __init__(self, stream: Stream, *, thoughts: bool = True, expected_turns: int | None = None) -> None:
        super().__init__(stream, thoughts=thoughts, expected_turns=expected_turns)
        self._simulation = ""
        """The one of which something was shown last."""
        self._question = ""
        """The one to which an answer was shown last."""
        self._held: tuple[str, list[Fact]] = ("", [])
        """What one person after the other is given to perceive, and the simulation: the same for all is one line."""

    def see(self, event: Event) -> None:
        with self._lock:
            if not self._holds(event):
                self._release()
                super().see(event)

    def log(self, record: logging.LogRecord) -> None:
        with self._lock:
            self._release()
            super().log(record)

    def end(self) -> None:
        with self._lock:
            self._release()
            if self.tally.turns:
                self._show(self.lines.note(str(self.tally)))

    def _tell(self, text: str) -> None:
        self._release()
        self._show(self.lines.note(text))

    def _holds(self, event: Event) -> bool:
        """Whether it is shown later, together with others."""
        if not isinstance(event, FactsAdded) or len(event.facts) != 1:
            return False
        (fact,) = event.facts
        if fact.kind != STIMULUS or not fact.target:
            return False
        simulation, held = self._held
        if held and (simulation, _alike(held[0])) != (event.simulation, _alike(fact)):
            self._release()
            held = []
        self._held = (event.simulation, [*held, fact])
        return True

    def _release(self) -> None:
        """Show what was held back."""
        simulation, held = self._held
        if held:
            self._held = ("", [])
            self._happened(simulation, held, None)

    def _happened(self, simulation: str, facts: Sequence[Fact], step: StepEnded | None) -> None:
        shown = [line for fact in _together(facts) for line in self.lines.of(fact, thoughts=self.thoughts)]
        another = bool(self._simulation) and simulation != self._simulation
        if step is not None:
            when = next((fact.when for fact in facts if fact.when), "")
            parts = [f"{step.world}, step {step.step}", when.replace("T", " "), simulation if another else ""]
            shown.insert(0, self.lines.rule(" · ".join(filter(None, parts))))
        elif shown and another:
            shown.insert(0, self.lines.rule(simulation))
        if shown:
            self._simulation = simulation
        self._show(shown)

    def _answered(self, event: Answered) -> None:
        """The question once, then what each says and has ticked; what was said in a turn stands there already."""
        ticked = ", ".join(f"{name}: {words_of(value) or NOTHING}" for name, value in event.values.items())
        if event.remembered:
            self._show(self.lines.entry(event.answer.source, ticked) if ticked else ())
            return
        shown = [] if event.question == self._question else [self.lines.rule(event.question)]
        self._question = event.question
        content = f"{event.answer.content} ({ticked})" if ticked else event.answer.content
        self._show([*shown, *self.lines.of(event.answer.plain() | {"content": content})])

    def _remarked(self, event: Remark) -> None:
        if not self.has_told(event.text):
            self._show(self.lines.note(f"{event.thing}: {event.text}", YELLOW))


def _alike(fact: Fact) -> tuple[str, str, str]:
    return fact.type, fact.source, fact.content


def _together(facts: Sequence[Fact]) -> Iterator[Fact]:
    """What several perceive is said to be for so many."""
    for first, *others in together(facts):
        yield replace(first, target=counted(len(others) + 1, "person")) if others else first


class Listening(logging.Handler):
    """Has what the log would write into a terminal shown in its place. Remarks are events, and shown already."""

    def __init__(self, show: Callable[[logging.LogRecord], None]) -> None:
        super().__init__(logging.WARNING)
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        if record.funcName != "remark":
            self._show(record)
