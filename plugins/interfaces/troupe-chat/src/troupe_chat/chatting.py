"""One chat: lines in, what the person does about them out."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from troupe_core import Fact, TinyPerson, TroupeError
from troupe_core.errors import told
from troupe_core.llm import caution
from troupe_presenter import Lines
from troupe_presenter.lines import BOLD, DIM, RED, YELLOW
from troupe_presenter.stream import Stream

BYE = ("", "/bye")
RECENT = 10
ERASED = "\r\x1b[K"

log = logging.getLogger("troupe")


class Chat:
    """With one person, at stdin and stdout."""

    def __init__(self, person: TinyPerson, name: str, *, thoughts: bool = False) -> None:
        self.person = person
        self.name = name
        self.thoughts = thoughts
        self.failed = 0
        self.marked = False
        self.stream = Stream(sys.stdout)
        self.commands: dict[str, tuple[str, Callable[[], Iterable[str]]]] = {
            "/help": ("what can be written here", self._help),
            "/memories": (f"the last {RECENT} things that {person.name} remembers", self._memories),
            "/prompt": (f"what {person.name} would be asked now", self._prompt),
        }

    @property
    def sits_there(self) -> bool:
        """Whether somebody does, and writes."""
        return sys.stdin.isatty()

    @property
    def lines(self) -> Lines:
        """For the terminal as it is now."""
        return Lines(self.stream.width, colours=self.stream.coloured, encoding=self.stream.encoding)

    def hold(self) -> int:
        """Until there is nothing more to say; how many lines were not answered."""
        turns = self.person.state.turns
        before = f"{self.person.name}: it goes on after {turns} {'turn' if turns == 1 else 'turns'}"
        self._put(self.lines.note(before if turns else self.person.minibio(False), BOLD))
        if self.sits_there:
            self._put(self.lines.note("An empty line ends it; /help tells what else there is.", DIM))
        for line in self._said():
            if line in BYE:
                break
            if line.startswith("/"):
                self._told(line)
            else:
                self._answered(line)
        return self.failed

    def _said(self) -> Iterator[str]:
        """What is written, line by line, until the input ends."""
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        if not self.sits_there:
            yield from (said for line in sys.stdin if (said := line.strip()))
            return
        import_line_editing()
        while True:
            try:
                yield input(f"{self.name}: ").strip()
            except EOFError:
                self._put([""])
                return
            except KeyboardInterrupt:
                self._put(["", *self.lines.note("Ctrl-D, or an empty line, ends it.", DIM)])

    def _answered(self, text: str) -> None:
        person, lines = self.person, self.lines
        if not self.sits_there:
            said = {"kind": "stimulus", "type": "CONVERSATION", "source": self.name, "target": person.name}
            self._put(lines.of({**said, "content": text}))
        waiting = self.sits_there and self.stream.live
        if waiting:
            self.stream.write(lines.in_style(f"{lines.note(person.name)[0]} …", DIM))
        problem: list[str] = []
        done: tuple[Fact, ...] = ()
        turns = person.state.turns
        logged: list[str] = []
        try:
            with self._noting(logged):
                done = person.listen_and_act(text, source=self.name)
        except KeyboardInterrupt:
            if person.state.turns > turns:  # it was answered at that very moment
                done = tuple(fact for fact in person.pop_latest_actions() if fact.turn == turns)
            else:
                problem = lines.note(f"taken back: {person.name} has not heard it", DIM)
        except Exception as error:  # whatever a backend, a faculty or a tool comes to: the chat is about more than that
            self.failed += 1
            why = str(error) if isinstance(error, TroupeError) else told(error)
            problem = lines.note(f"failed: {why}; {person.name} has not heard it, so say it again", RED)
        if waiting:
            self.stream.write(ERASED)
        shown = [line for fact in done for line in lines.of(fact, thoughts=self.thoughts)]
        mark = next((fact.mark for fact in done if fact.mark), "")
        if mark and not self.marked:
            self.marked = True
            self._put(lines.note(caution(mark), YELLOW))
        self._put([*shown, *problem] or lines.note(f"{person.name} says nothing.", DIM))
        self._put(line for each in logged for line in lines.note(each, YELLOW))

    @contextmanager
    def _noting(self, logged: list[str]) -> Iterator[None]:
        """In a terminal, what is logged meanwhile would stand in the middle of the answer."""
        if not (self.sits_there and self.stream.terminal):
            yield
            return
        noting = Noting(logged)
        log.addHandler(noting)
        try:
            yield
        finally:
            log.removeHandler(noting)

    def _told(self, line: str) -> None:
        found = self.commands.get(line)
        if found is None:
            there = ", ".join([*self.commands, "/bye"])
            name = line.split(maxsplit=1)[0]
            self._put(self.lines.note(f"there is no {name}, and it was not said; there are {there}", YELLOW))
            return
        self._put(found[1]())

    def _help(self) -> list[str]:
        about = {name: what for name, (what, _) in self.commands.items()} | {"/bye": "end it, as does an empty line"}
        return [line for name, what in about.items() for line in self.lines.note(f"{name}: {what}")]

    def _memories(self) -> list[str]:
        lines = self.lines
        recent = list(self.person.memories())[-RECENT:]
        return [line for fact in recent for line in lines.note(str(fact), DIM)] or lines.note("nothing yet", DIM)

    def _prompt(self) -> list[str]:
        lines = self.lines
        out: list[str] = []
        for part in self.person.prompt().parts:
            out += [lines.rule(part.origin), *(line for each in part.text.splitlines() for line in lines.note(each))]
        return out

    def _put(self, lines: Iterable[str]) -> None:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()


class Noting(logging.Handler):
    """Keeps what is logged until somebody has time for it."""

    def __init__(self, logged: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._logged = logged

    def emit(self, record: logging.LogRecord) -> None:
        self._logged.append(record.getMessage())


def import_line_editing() -> None:
    """Keys that move about in a line, where the system has them."""
    import contextlib

    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 - input() uses it from then on
