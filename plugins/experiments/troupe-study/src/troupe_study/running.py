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
    ExtractionStopped,
    JournalError,
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
    TinyWorld,
    Transcript,
    TroupeError,
)
from troupe_core.findings import Unread
from troupe_study import casting
from troupe_study.meeting import SPEAKERS, asked_by, present, respondents, world_of
from troupe_study.outcome import Missed, Outcome, Place
from troupe_study.outputs import check_folder, log_run, outputs, settle
from troupe_study.outputs.reproduce import command_of, models_of, versions
from troupe_study.results import JOURNAL
from troupe_study.study import Findings, Question, Study
from troupe_study.words import counted, listed

Tell = Callable[[str], None]
"""Is told, in a line, what has just been done."""
Expect = Callable[[int], None]
"""Is told how many turns there will be."""


@attrs.define(eq=False)
class _Run:
    """A run, step by step, and what has come of it so far."""

    study: Study
    folder: Path
    simulation: Simulation
    command: str
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
    """Where in the study each fact so far belongs, by its id."""
    placed: int = 0
    """So many facts have been given a place, or have none."""

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
                self.round(self.world, done)
                self.place(Place(number, done))
        for number, question in enumerate(study.ask, 1):
            before = self.simulation.usage
            self.ask(question, f"question {number}")
            self.tell(f"question {number} of {len(study.ask)}: {_calls(self.simulation.usage - before)}")
        if study.findings is not None:
            before = self.simulation.usage
            self.find(study.findings, self.world)
            self.tell(f"findings: {_calls(self.simulation.usage - before)}")

    def asked(self, question: Question) -> People:
        """Whom a question is put to."""
        return asked_by(question, self.study, self.people, self.groups)

    def round(self, world: TinyWorld, number: int) -> None:
        """Everybody has a turn."""
        try:
            report = world.run(1)
        except RunStopped as stopped:
            self.note(stopped.report, world, number)
            raise
        self.note(report, world, number)
        self.tell(f"round {number} of {self.study.rounds}: {_calls(report.spent)}")

    def place(self, place: Place) -> None:
        """What has happened since this was last said belongs there."""
        since = self.simulation.facts[self.placed :]
        self.places.update((fact.id, place) for fact in since)
        self.placed += len(since)

    def note(self, report: RunReport, world: TinyWorld, number: int) -> None:
        """Whose turn failed, where in the transcript it is missing, and what of tools nobody knows."""
        self.failures += map(str, report.failures)
        self.failures += [
            f"in doubt: {call.action} of {call.tool}, by {call.name} (key {call.key})" for call in report.in_doubt
        ]
        if report.failures:
            after = len(Transcript.of(world))
            self.missed += [
                Missed(each.person, f"{type(each.error).__name__}: {each.error}", number, after)
                for each in report.failures
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
                else extractor.extract_results_from_agents(respondents(self.study, self.people))
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

    def outcome(self) -> Outcome | None:
        """What it has come to so far; None before there is a world."""
        if self.world is None:
            return None
        return Outcome(
            self.study,
            self.folder,
            self.people,
            self.world,
            Transcript.of(self.world),
            self.results,
            tuple(self.answers),
            self.groups,
            tuple(self.failures),
            tuple(self.missed),
            self.cast_instead,
            self.places,
            self.simulation.usage,
            models_of(self.study, self.simulation.runtime),
            versions(self.simulation.runtime),
            self.command,
        )

    def leave_unfinished(self) -> Outcome | None:
        """The same, after writing it down as what it is: the results of a run that was stopped."""
        so_far = self.outcome()
        if so_far is not None:
            with suppress(OSError):  # what has stopped it may be a disk that is full
                settle(self.folder, outputs(so_far), finished=False)
        return so_far


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
    simulation.meter.written_in(study.place(("budget",)))
    command = command or command_of(study, folder)
    under_way = _Run(study, folder, simulation, command, tell or (lambda line: None), expect or (lambda turns: None))
    status = "failed"
    files: tuple[str, ...] = ()
    try:
        with simulation:
            under_way.all_of_it()
        whole = under_way.outcome()
        assert whole is not None  # noqa: S101 - there is a world where all was done
        written = outputs(whole)
        moved = settle(folder, written, finished=True)
        status, files = "done", tuple(written)
        return attrs.evolve(whole, files=files, moved=tuple(moved))
    except KeyboardInterrupt:
        status = "interrupted"
        under_way.leave_unfinished()
        raise
    except TroupeError as error:
        status = f"stopped: {error}"
        so_far = under_way.leave_unfinished()
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
            log_run(folder, _line(began, status, simulation, under_way.failures, files))
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
