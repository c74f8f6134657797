"""A study, run: its people come, react to one stimulus after the other, and what they said is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs

from troupe_core import (
    ExtractionStopped,
    People,
    Results,
    ResultsExtractor,
    Runtime,
    Simulation,
    Spent,
    TinyWorld,
    Transcript,
    TroupeError,
)
from troupe_study import casting
from troupe_study.outputs import JOURNAL, check_folder, log_run, outputs, settle
from troupe_study.outputs.reproduce import command_of, models_of, versions
from troupe_study.study import Findings, Stimulus, Study
from troupe_study.words import counted, listed

Tell = Callable[[str], None]
Expect = Callable[[int], None]

SPEAKERS = {"focus_group": "Moderator", "interview": "Interviewer"}
"""Who says what nobody else is said to say."""


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
    failures: tuple[str, ...]
    """Who did not come, could not act or could not be read, and why."""
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
        return self.transcript.mark or (self.results.mark if self.results is not None else "")

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

    def all_of_it(self) -> None:
        """People, rounds, findings."""
        study = self.study
        came = casting.cast(study, self.simulation)
        self.people, self.failures = came.people, [*came.failures]
        self.tell(f"{counted(len(self.people), 'person')}: {listed(self.people.names)}")
        self.world = world_of(study, self.people, self.simulation)
        rounds, done = sum(map(study.rounds_of, study.stimulus)), 0
        self.expect(len(self.people) * rounds)
        for stimulus in study.stimulus:
            present(self.world, stimulus, study)
            for _ in range(study.rounds_of(stimulus)):
                report = self.world.run(1)
                done += 1
                self.failures += map(str, report.failures)
                self.tell(f"round {done} of {rounds}: {_calls(report.spent)}")
        if study.findings is not None:
            before = self.simulation.usage
            self.results = self.found(study.findings, self.world)
            self.failures += [f"findings, {failure}" for failure in self.results.failures]
            self.tell(f"findings: {_calls(self.simulation.usage - before)}")

    def found(self, findings: Findings, world: TinyWorld) -> Results:
        """What their words come to."""
        extractor = ResultsExtractor(
            findings.objective, situation=findings.situation, fields=findings.fields, fields_hints=findings.hints
        )
        if findings.of == "world":
            return Results([extractor.extract_results_from_world(world)])
        try:
            return extractor.extract_results_from_agents(self.people)
        except ExtractionStopped as stopped:
            self.results = stopped.results
            raise


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
            tuple(made.failures),
            simulation.usage,
            models_of(study, simulation.runtime),
            versions(simulation.runtime),
            command or command_of(study, folder),
        )

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
        raise
    except TroupeError as error:
        status = f"stopped: {error}"
        so_far = outcome()
        if so_far is not None:
            settle(folder, outputs(so_far), finished=False)
        if simulation.usage.calls or so_far is not None:
            error.add_note(f"What was answered is kept in {folder}: run the study again, and it goes on from there.")
        raise
    finally:
        log_run(folder, _line(began, status, simulation, made.failures, files))


def world_of(study: Study, people: People, simulation: Simulation) -> TinyWorld:
    """Where they meet."""
    world = study.world
    return TinyWorld(
        world.name,
        people,
        kind=world.kind,
        initial_datetime=world.initial_datetime,
        schedule=world.schedule,
        simulation=simulation,
    )


def present(world: TinyWorld, stimulus: Stimulus, study: Study) -> None:
    """Have it reach everybody."""
    if stimulus.say is not None:
        world.broadcast(stimulus.say, source=stimulus.source or SPEAKERS.get(study.world.kind))
    elif stimulus.think is not None:
        world.broadcast_thought(stimulus.think)
    else:
        for person in world.agents:
            person.see(stimulus.see or "", source=stimulus.source)


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
        "failures": len(failures),
        "files": list(files),
    }


def _calls(spent: Spent) -> str:
    tokens = f"{spent.usage.input:,} tokens in, {spent.usage.output:,} out"
    return f"{counted(spent.calls, 'call')}, {tokens}" if spent.calls else "nothing was asked"
