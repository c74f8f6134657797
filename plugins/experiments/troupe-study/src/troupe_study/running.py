"""A study, run: its people come, react to one stimulus after the other, and what they said is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from troupe_core import (
    ArgumentError,
    AskingStopped,
    BudgetExceeded,
    ConfigError,
    ExtractionStopped,
    JournalError,
    Ledger,
    ModelError,
    People,
    Results,
    ResultsExtractor,
    RunReport,
    RunStopped,
    Runtime,
    Simulation,
    Spent,
    Substitute,
    TinyPerson,
    TinyWorld,
    Transcript,
    TroupeError,
)
from troupe_core.findings import Unread
from troupe_core.llm import Image, substituted
from troupe_study import casting
from troupe_study.mistakes import picture_at
from troupe_study.outputs import JOURNAL, as_text, check_folder, log_run, outputs, settle
from troupe_study.outputs.reproduce import command_of, models_of, versions
from troupe_study.study import Findings, Question, Stimulus, Study, several
from troupe_study.words import counted, listed

Tell = Callable[[str], None]
Expect = Callable[[int], None]

SPEAKERS = {"focus_group": "Moderator", "interview": "Interviewer"}
"""Who says what nobody else is said to say."""


@attrs.frozen
class Missed:
    """A turn that somebody did not have."""

    who: str
    why: str
    after: int
    """So many lines of the transcript stand before it."""


@attrs.frozen
class Place:
    """Where in the study something has happened; both are counted from 1. What people react to is part of the round
    that follows it; where nobody has a turn, of none.
    """

    stimulus: int
    round: int | None


@attrs.frozen(eq=False, repr=False)
class Outcome:
    """What a run came to. Its people and its world can still be read."""

    study: Study
    folder: Path
    people: People
    world: TinyWorld
    transcript: Transcript
    results: Results | None
    """The findings, if any were wanted."""
    answers: tuple[Results, ...]
    """To each `[[ask]]`, in order."""
    groups: Mapping[str, str]
    """The group of each of the people who is in one, by name."""
    failures: tuple[str, ...]
    """Who did not come, could not act, be asked or be read, and why."""
    missed: tuple[Missed, ...]
    """Turns that failed for good, and where."""
    cast_instead: Mapping[str, Substitute]
    """Of the people, who was made with another model than the first of several, by name."""
    places: Mapping[bytes, Place]
    """To which stimulus and round an event belongs, by the fact's id; of what comes before or after them, none."""
    spent: Spent
    """By this run: nothing, if all of it had been answered before."""
    models: list[str]
    versions: dict[str, str]
    command: str
    """The line that repeats it, in the folder of the study's file."""
    files: tuple[str, ...] = ()
    """What stands in the folder."""
    moved: tuple[str, ...] = ()
    """What stood there before and was another, as it is called now."""

    @property
    def mark(self) -> str:
        """That of what was said: "rehearsal" if a puppet has answered. Then it is no evidence about people."""
        read = [self.results, *self.answers] if self.results is not None else self.answers
        return self.transcript.mark or next((results.mark for results in read if results.mark), "")

    @property
    def substituted(self) -> tuple[str, ...]:
        """In words, how many people, turns, answers and findings come of another model than the first of several, and
        why.
        """
        people = map(self.cast_instead.get, self.people.names) if self.cast_instead else ()
        answers = (row.substitute for results in self.answers for row in results)
        findings = (row.substitute for row in self.results or ())
        return (
            *substituted(people, "people"),
            *self.transcript.substituted,
            *substituted(answers, "answers", "rest on"),
            *substituted(findings, "findings", "rest on"),
        )

    @property
    def ledger(self) -> Ledger:
        """Where it went, and what was saved, in this run."""
        return self.world.simulation.ledger

    def __str__(self) -> str:
        """What was found out, as tables."""
        return as_text(self)

    def __repr__(self) -> str:
        return f"<Outcome of {self.study.title!r}: {len(self.people)} people, in {self.folder}>"


@attrs.define(eq=False)
class _Run:
    """What has come of it so far."""

    study: Study
    simulation: Simulation
    tell: Tell
    expect: Expect
    failures: list[str] = attrs.field(factory=list)
    people: People = attrs.field(factory=People)
    world: TinyWorld | None = None
    results: Results | None = None
    answers: list[Results] = attrs.field(factory=list)
    groups: Mapping[str, str] = attrs.field(factory=dict)
    cast_instead: Mapping[str, Substitute] = attrs.field(factory=dict)
    missed: list[Missed] = attrs.field(factory=list)
    places: dict[bytes, Place] = attrs.field(factory=dict)
    placed: int = 0

    def all_of_it(self) -> None:
        """People, rounds, answers, findings."""
        study = self.study
        came = casting.cast(study, self.simulation)
        self.people, self.groups, self.failures = came.people, came.groups, [*came.failures]
        self.cast_instead = came.substitutes
        self.tell(f"{counted(len(self.people), 'person')}: {listed(self.people.names)}")
        self.world = world_of(study, self.people, self.simulation)
        turns = len(self.people) * study.rounds
        turns += sum(len(self.asked(question)) for question in study.ask if question.remember)
        if turns:
            self.expect(turns)
        done = 0
        self.placed = len(self.simulation.facts)
        for number, stimulus in enumerate(study.stimulus, 1):
            present(self.world, stimulus, study, self.groups)
            self.place(Place(number, min(done + 1, study.rounds) or None))
            for _ in range(study.rounds_of(stimulus)):
                done += 1
                self.round(self.world, f"round {done} of {study.rounds}")
                self.place(Place(number, done))
        for number, question in enumerate(study.ask, 1):
            before = self.simulation.usage
            self.ask(question, f"question {number}")
            self.tell(f"question {number} of {len(study.ask)}: {_calls(self.simulation.usage - before)}")
        if study.findings is not None:
            before = self.simulation.usage
            self.find(study.findings, self.world)
            self.tell(f"findings: {_calls(self.simulation.usage - before)}")

    @property
    def respondents(self) -> People:
        """Everybody but who asks the others."""
        return respondents(self.study, self.people)

    def asked(self, question: Question) -> People:
        """Whom a question is put to."""
        return People([each for each in self.respondents if _reaches(question.to, each, self.groups)])

    def round(self, world: TinyWorld, name: str) -> None:
        """Everybody has a turn."""
        try:
            report = world.run(1)
        except RunStopped as stopped:
            self.note(stopped.report, world)
            raise
        self.note(report, world)
        self.tell(f"{name}: {_calls(report.spent)}")

    def place(self, place: Place) -> None:
        """What has happened since this was last said belongs there."""
        since = self.simulation.facts[self.placed :]
        self.places.update((fact.id, place) for fact in since)
        self.placed += len(since)

    def note(self, report: RunReport, world: TinyWorld) -> None:
        """Whose turn failed, where in the transcript it is missing, and what of tools nobody knows."""
        self.failures += map(str, report.failures)
        self.failures += [
            f"in doubt: {call.action} of {call.tool}, by {call.name} (key {call.key})" for call in report.in_doubt
        ]
        if report.failures:
            after = len(Transcript.of(world))
            self.missed += [
                Missed(each.person, f"{type(each.error).__name__}: {each.error}", after) for each in report.failures
            ]

    def ask(self, question: Question, name: str) -> None:
        """What everybody whom it is put to says to a question."""
        try:
            results = self.asked(question).ask(
                [question.question],
                question.fields or None,
                fields_hints=question.hints or None,
                source=question.source or SPEAKERS.get(self.study.kind, SPEAKERS["interview"]),
                remember=question.remember,
                replicates=question.replicates,
            )
        except AskingStopped as stopped:
            self.answers.append(self.kept(stopped.results, name))
            raise
        self.answers.append(self.kept(results, name))

    def find(self, findings: Findings, world: TinyWorld) -> None:
        """What their words come to."""
        extractor = ResultsExtractor(
            findings.objective, situation=findings.situation, fields=findings.fields, fields_hints=findings.hints
        )
        try:
            results = (
                self._of_world(extractor, world)
                if findings.of == "world"
                else extractor.extract_results_from_agents(self.respondents)
            )
        except ExtractionStopped as stopped:
            self.results = self.kept(stopped.results, "findings")
            raise
        self.results = self.kept(results, "findings")

    def _of_world(self, extractor: ResultsExtractor, world: TinyWorld) -> Results:
        """The one row; none, if whatever cannot be answered is skipped."""
        try:
            return Results([extractor.extract_results_from_world(world)])
        except (ModelError, BudgetExceeded) as error:
            if not self.simulation.degradation.skips(error):
                raise
            return Results(failures=[Unread(world.name, error)])

    def kept(self, results: Results, name: str) -> Results:
        """The same, with a note of whose are missing."""
        self.failures += [f"{name}, {failure}" for failure in results.failures]
        return results


def run(
    study: Study,
    folder: Path,
    runtime: Runtime | None,
    tell: Tell | None,
    command: str,
    expect: Expect | None = None,
) -> Outcome:
    """Run it into a folder; whatever ends it, what has come of it by then stands there. `expect` is told how many turns
    there will be, as soon as somebody knows.
    """
    check_folder(folder)
    began = datetime.now(UTC)
    simulation = Simulation(
        folder / JOURNAL,
        seed=study.seed,
        runtime=runtime,
        model=study.model,
        models=study.models or None,
        parameters=study.parameters,
        budget=study.budget,
        degradation=study.degradation,
    )
    made = _Run(study, simulation, tell or (lambda line: None), expect or (lambda turns: None))

    def outcome() -> Outcome | None:
        if made.world is None:
            return None
        return Outcome(
            study,
            folder,
            made.people,
            made.world,
            Transcript.of(made.world),
            made.results,
            tuple(made.answers),
            made.groups,
            tuple(made.failures),
            tuple(made.missed),
            made.cast_instead,
            made.places,
            simulation.usage,
            models_of(study, simulation.runtime),
            versions(simulation.runtime),
            command or command_of(study, folder),
        )

    def leave_unfinished() -> Outcome | None:
        so_far = outcome()
        if so_far is not None:
            with suppress(OSError):  # what has stopped it may be a disk that is full
                settle(folder, outputs(so_far), finished=False)
        return so_far

    status = "failed"
    files: tuple[str, ...] = ()
    try:
        with simulation:
            made.all_of_it()
        whole = outcome()
        assert whole is not None  # noqa: S101 - there is a world where all was done
        written = outputs(whole)
        moved = settle(folder, written, finished=True)
        status, files = "done", tuple(written)
        return attrs.evolve(whole, files=files, moved=tuple(moved))
    except KeyboardInterrupt:
        status = "interrupted"
        leave_unfinished()
        raise
    except TroupeError as error:
        status = f"stopped: {error}"
        so_far = leave_unfinished()
        if _comes_from(error, BudgetExceeded):
            error.add_note(f"{study.place(('budget',))}: with a larger [budget] the same study goes on.")
        if _comes_from(error, JournalError):
            error.add_note(
                f"What was answered before is kept in {folder}. What was on its way meanwhile will be asked once more: "
                "mend that, and run the study again."
            )
        elif simulation.usage.calls or so_far is not None:
            error.add_note(f"What was answered is kept in {folder}: run the study again, and it goes on from there.")
        raise
    except OSError as error:
        status = f"stopped: {error}"
        raise _unwritable(folder, error) from error
    finally:
        try:
            log_run(folder, _line(began, status, simulation, made.failures, files))
        except OSError as error:
            if status == "done":
                raise _unwritable(folder, error) from error


def _comes_from(error: BaseException | None, kind: type[TroupeError]) -> bool:
    """Whether such an error is it, or has led to it."""
    while error is not None:
        if isinstance(error, kind):
            return True
        error = error.__cause__
    return False


def _unwritable(folder: Path, error: OSError) -> TroupeError:
    what = f"{error.filename}: " if error.filename else ""
    stopped = ArgumentError(f"the results cannot be written to {folder}: {what}{error.strerror or error}")
    stopped.add_note(
        "Nothing that was answered is lost: mend that, and run the study again, which asks for it no more."
    )
    return stopped


def world_of(study: Study, people: People, simulation: Simulation) -> TinyWorld:
    """Where they meet."""
    world = study.world
    asks = world.interviewer
    if asks is not None and asks not in people.names:
        place = study.place(("world", "interviewer"))
        raise ConfigError(f"{place}: world.interviewer: nobody is called {asks!r}; there are {listed(people.names)}")
    return TinyWorld(
        world.name,
        people,
        kind=study.kind,
        interviewer=people[asks] if asks is not None else None,
        initial_datetime=world.initial_datetime,
        schedule=world.schedule,
        simulation=simulation,
    )


def respondents(study: Study, people: People) -> People:
    """Who is asked, and of whom something is to be found out: everybody but an interviewer."""
    return People([person for person in people if person.name != study.world.interviewer])


def present(world: TinyWorld, stimulus: Stimulus, study: Study, groups: Mapping[str, str]) -> None:
    """Have it reach everybody whom it is for."""
    source = stimulus.source or (SPEAKERS.get(study.kind) if stimulus.say is not None else None)
    images = [Image.of(picture_at(name, study.folder)) for name in several(stimulus.images)]
    if stimulus.to is None and stimulus.see is None:
        if stimulus.say is not None:
            world.broadcast(stimulus.say, source=source)
        else:
            world.broadcast_thought(stimulus.think or "")
        return
    for person in world.agents:
        if not _reaches(stimulus.to, person, groups):
            continue
        if stimulus.say is not None:
            person.listen(stimulus.say, source=source)
        elif stimulus.see is not None:
            person.see(stimulus.see, source=source, images=images)
        else:
            person.think(stimulus.think or "")


def _reaches(to: str | None, person: TinyPerson, groups: Mapping[str, str]) -> bool:
    return to is None or groups.get(person.name) == to


def _line(
    began: datetime, status: str, simulation: Simulation, failures: list[str], files: tuple[str, ...]
) -> dict[str, Any]:
    spent = simulation.usage
    return {
        "began": began.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "status": status,
        "calls": spent.calls,
        "failed_calls": spent.failed,
        "tokens_in": spent.usage.input,
        "tokens_out": spent.usage.output,
        "money": spent.money,
        "unpriced_calls": spent.unpriced,
        "failures": len(failures),
        "files": list(files),
    }


def _calls(spent: Spent) -> str:
    tokens = f"{spent.usage.input:,} tokens in, {spent.usage.output:,} out"
    money = f", {spent.priced}" if spent.priced else ""
    return f"{counted(spent.calls, 'call')}, {tokens}{money}" if spent.calls else "nothing was asked"
