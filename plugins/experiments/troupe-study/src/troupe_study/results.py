"""What a run has left in a folder, read back. Nobody is asked for it, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import attrs
import msgspec
import orjson

from troupe_core import ArgumentError, Ledger
from troupe_study.shapes import AnswersShape, FindingsShape, StudyShape
from troupe_study.words import listed

TRANSCRIPT, RUNS, JOURNAL, UNFINISHED = "transcript.jsonl", "runs.jsonl", "journal.db", "unfinished"
ACTION, VISUAL = "action", "VISUAL"


class Event(msgspec.Struct, gc=False):
    """One line of a transcript, as far as it is shown. Only what it has to have is in every transcript."""

    kind: str
    type: str
    source: str
    target: str
    content: str
    thing: str = ""
    data: msgspec.Raw = msgspec.Raw(b"{}")
    when: str | None = None
    round: int | None = None
    mark: str = ""

    def plain(self) -> dict[str, Any]:
        """As lines are made of it."""
        data = {} if self.content and self.type != VISUAL else orjson.loads(bytes(self.data))
        return {
            "kind": self.kind,
            "type": self.type,
            "thing": self.thing,
            "source": self.source,
            "target": self.target,
            "content": self.content,
            "data": data,
        }


_event = msgspec.json.Decoder(Event)


@attrs.frozen
class Left:
    """The results in a folder."""

    folder: Path
    """Where they lie: the study's folder, or one in it."""
    events: tuple[Event, ...]
    written: tuple[bytes, ...]
    """Each of them as it stands in its line."""
    study: Mapping[str, Any]
    """As in study.json."""
    findings: Mapping[str, Any]
    answers: Mapping[str, Any]
    """As in the files of these names; empty, if there are none."""
    runs: tuple[Mapping[str, Any], ...]
    remarks: tuple[str, ...]
    """What is to be known of them: that they are unfinished, or that some of it cannot be read."""

    @property
    def title(self) -> str:
        return str(self.study.get("study", {}).get("title") or self.folder.resolve().name)

    @property
    def mark(self) -> str:
        """ "rehearsal" if a puppet has answered."""
        return next((str(each) for each in self._marks() if each), "")

    @property
    def ledger(self) -> Ledger | None:
        """What all runs have cost, as their journal tells; None, if there is none."""
        from troupe_core import Simulation  # SQLite and what reads a journal: for whoever wants to know

        journal = next((path for path in _upwards(self.folder, JOURNAL) if path.is_file()), None)
        return Simulation.ledger_of(journal) if journal is not None else None

    @property
    def people(self) -> list[str]:
        """Who has done or answered something, by name."""
        did = (each.source for each in self.events if each.kind == ACTION)
        answered = (row["of"] for question in self.questions for row in question["rows"])
        return list(dict.fromkeys([*did, *answered]))

    @property
    def questions(self) -> Sequence[Mapping[str, Any]]:
        """What was asked directly, each with its rows."""
        found: Sequence[Mapping[str, Any]] = self.answers.get("questions", ())
        return found

    def _marks(self) -> Iterator[Any]:
        yield from (event.mark for event in self.events)
        for found in (self.findings, *self.questions):
            yield found.get("mark")
            yield from (row.get("mark") for row in found.get("rows", ()))


def is_study(path: Path) -> bool:
    """Whether a file says what a study is, so that its results lie beside it; another one may be a journal."""
    if path.suffix.lower() != ".json":
        return path.suffix.lower() == ".toml"
    try:
        found = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(found, dict) and "title" in found


def folder_of(place: str) -> Path:
    """A folder with results: as it is named, or that of the study in the file that is named."""
    path = Path(place).expanduser()
    try:
        if path.is_file():
            if not is_study(path):
                raise ArgumentError(
                    f"{path} is no study and no folder of results. If it is a journal, `troupe prompt {path} WHO` "
                    "shows what somebody's model saw"
                )
            path = path.with_name(f"{path.stem}.results")
        if path.is_dir():
            return path
    except (OSError, ValueError) as error:  # a zero byte, a name that is too long
        raise ArgumentError(f"{place!r} cannot be the name of a folder: {error}") from None
    near = sorted(each.name for each in Path.cwd().glob("*.results") if each.is_dir())
    there = f"; here is {listed(near)}" if near else "; `troupe run STUDY` leaves one, STUDY.results"
    raise ArgumentError(f"there is no folder {path}{there}")


def left_in(place: str) -> Left:
    """What there is; of a study of which no run is done, what has come of it so far."""
    whole, remarks = folder_of(place), list[str]()
    folder = whole
    behind = whole / UNFINISHED / TRANSCRIPT
    if not (whole / TRANSCRIPT).is_file():
        if not behind.is_file():
            begun = (whole / RUNS).is_file()
            raise ArgumentError(
                f"{whole} is a study's, and no run has left a transcript in it yet; `troupe run` goes on"
                if begun
                else f"{whole} has no {TRANSCRIPT}: no study has left its results there"
            )
        folder = whole / UNFINISHED
        remarks.append("no run is done: this is what has come of it so far; `troupe run` goes on")
    elif behind.is_file():
        remarks.append(f"a later run is not done: `troupe show {whole / UNFINISHED}` shows what has come of it so far")
    events, written = _events(folder / TRANSCRIPT, remarks)
    study = _object(folder / "study.json", StudyShape, remarks)
    findings = _object(folder / "findings.json", FindingsShape, remarks)
    answers = _object(folder / "answers.json", AnswersShape, remarks)
    log = next((path for path in _upwards(folder, RUNS) if path.is_file()), folder / RUNS)
    runs = tuple(_objects(log, remarks)) if log.is_file() else ()
    return Left(folder, tuple(events), tuple(written), study, findings, answers, runs, tuple(remarks))


def _upwards(folder: Path, name: str) -> Iterator[Path]:
    """Where a file of the whole study may be, seen from one of its folders."""
    return (each / name for each in (folder, *folder.resolve().parents[:2]))


def somebody(name: str, names: Sequence[str], where: str) -> str:
    """A name as it is written there, whatever its case; a word of it does, or its beginning, if nobody else has it."""
    if name in names:
        return name
    meant = name.casefold()
    for alike in (
        [each for each in names if each.casefold() == meant],
        [each for each in names if f" {meant} " in f" {each.casefold()} "],
        [each for each in names if f" {meant}" in f" {each.casefold()}"],
    ):
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise ArgumentError(f"{name!r} may be any of {listed(alike, 12)} in {where}; give the whole name")
    close = get_close_matches(name, names, 3)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {listed(names, 12) or 'none'}"
    raise ArgumentError(f"nobody in {where} is called {name!r}; {hint}")


def _events(path: Path, remarks: list[str]) -> tuple[list[Event], list[bytes]]:
    """Each event, and the line that it stands in."""
    lines = [line for line in path.read_bytes().split(b"\n") if line]
    decode = _event.decode
    try:
        return [decode(line) for line in lines], lines
    except (msgspec.DecodeError, UnicodeDecodeError):
        _damaged(path, remarks)
    sound = [(event, line) for line in lines if (event := _sound(line)) is not None]
    return [event for event, _ in sound], [line for _, line in sound]


def _sound(line: bytes) -> Event | None:
    try:
        return _event.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _objects(path: Path, remarks: list[str]) -> Iterator[Mapping[str, Any]]:
    for line in path.read_bytes().splitlines():
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            said = None
        if isinstance(said, dict):
            yield said
        else:
            _damaged(path, remarks)


def _damaged(path: Path, remarks: list[str]) -> None:
    remark = f"{path.name} has lines that cannot be read, cut off or damaged: they are left out"
    if remark not in remarks:
        remarks.append(remark)


def _object(path: Path, shape: type[msgspec.Struct], remarks: list[str]) -> Mapping[str, Any]:
    if not path.is_file():
        return {}
    try:
        found: Mapping[str, Any] = orjson.loads(path.read_bytes())
        msgspec.convert(found, shape)
    except (orjson.JSONDecodeError, msgspec.ValidationError) as error:
        remarks.append(f"{path.name} cannot be read, cut off or damaged, and is left out: {error}")
        return {}
    return found
