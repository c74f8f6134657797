"""A study as a value: everything that a study's file says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs

from troupe_core import Budget, Degradation, Parameters

if TYPE_CHECKING:
    from troupe_core import Runtime
    from troupe_study.estimating import Estimate
    from troupe_study.outcome import Outcome
    from troupe_study.running import Tell

Several = str | tuple[str, ...]


def several(value: Several | None) -> tuple[str, ...]:
    """One text, several or none, as a tuple."""
    return (value,) if isinstance(value, str) else value or ()


@attrs.frozen
class Generated:
    """People who are cast for the study."""

    context: str
    """Who is meant: any text that says who, where and when they live, what it is about."""
    count: int
    particularities: str = ""
    """What is to hold of each of them besides."""


@attrs.frozen
class Group:
    """Some of the people, from one source."""

    files: Several | None = None
    """Patterns for files with a person each."""
    folder: str | None = None
    """All `.agent.json` files that lie there."""
    csv: str | None = None
    """A table with a row for each."""
    jsonl: str | None = None
    """A file with a JSON object for each in a line."""
    inline: str | Mapping[str, Any] | None = None
    """A person who is described right here: in a sentence, or as a persona."""
    generate: Generated | None = None
    name: str | None = None
    """Of somebody who is described inline."""
    name_column: str | None = None
    """The column of the table, or key of the objects, in which names stand, if it is not called `name`."""
    group: str | None = None
    """What they are called together, where they are told apart from others. Several sources can make one group."""
    fragments: Several = ()
    """Files that are laid over each of them."""
    mental_faculties: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    memory: str | None = None
    """How they remember, if not as usual."""
    model: str | None = None
    """Who answers for them, if not whoever does for the others."""


@attrs.frozen
class World:
    """Where they meet."""

    kind: Literal["focus_group", "survey", "interview", "chat"] | None = None
    name: str = "Study"
    interviewer: str | None = None
    """Who of the people asks the others, in an interview."""
    rounds: int = 1
    """So many rounds follow each stimulus."""
    schedule: Literal["parallel", "sequential", "random"] | None = None
    initial_datetime: str | None = None


@attrs.frozen
class Stimulus:
    """What they react to: one of `say`, `see` and `think`."""

    say: str | None = None
    see: str | None = None
    think: str | None = None
    images: Several | None = None
    """Files in the study's folder, with pictures of what they `see`."""
    source: str | None = None
    """Who says it, or from whom what is seen comes."""
    to: str | None = None
    """The group that it reaches, if not everybody."""
    rounds: int | None = None
    """So many rounds follow it, if not as many as usual."""


@attrs.frozen
class Question:
    """What each is asked when all rounds are over, by themselves."""

    question: str
    fields: Mapping[str, Any] = attrs.field(factory=dict)
    """What they tick besides what they say."""
    hints: Mapping[str, str] = attrs.field(factory=dict)
    source: str | None = None
    """Who asks."""
    to: str | None = None
    """The group that is asked, if not everybody."""
    remember: bool = False
    """Whether they remember it when the next question comes."""
    replicates: int = 1
    """So many times each is asked."""


@attrs.frozen
class Findings:
    """What is to be found out."""

    objective: str
    fields: Mapping[str, Any]
    hints: Mapping[str, str] = attrs.field(factory=dict)
    """More about single fields."""
    situation: str = ""
    of: Literal["people", "world"] = "people"
    """A row for each of the people, or one for all of them together."""


@attrs.frozen(kw_only=True)
class Design:
    """What can stand in a study's file."""

    title: str
    model: Several | None = None
    models: Mapping[str, Several] = attrs.field(factory=dict)
    """Who is asked for single purposes: `turn`, `extraction`, `casting`, …"""
    parameters: Parameters | None = None
    seed: int = 0
    people: tuple[Group, ...] = ()
    world: World = World()
    stimulus: tuple[Stimulus, ...] = ()
    ask: tuple[Question, ...] = ()
    findings: Findings | None = None
    budget: Budget | None = None
    """Of one run."""
    degradation: Degradation | None = None
    """What is done where a model fails, or the budget is about to be spent."""


@attrs.frozen(kw_only=True)
class Study(Design):
    """A study, and where it is from."""

    folder: Path = attrs.field(factory=Path.cwd)
    """What is relative in it is relative to this."""
    file: Path | None = None
    place: Callable[[Sequence[str]], str] = attrs.field(default=lambda _: "the study", eq=False, repr=False)
    """Where in the file something stands, for the sake of messages."""

    @classmethod
    def read(cls, path: str | PathLike[str]) -> Study:
        """From a file, TOML or JSON; or an error that names each mistake with its line and key."""
        from troupe_study.reading import read_study

        return read_study(Path(path).expanduser())

    @classmethod
    def of(cls, data: Mapping[str, Any], folder: str | PathLike[str] = ".") -> Study:
        """From what would stand in a file, if it lay in that folder."""
        from troupe_study.reading import study_of

        return study_of(data, Path(folder).expanduser().absolute())

    @property
    def results_folder(self) -> Path:
        """Where a run leaves what it came to, if nobody says otherwise: `soup.toml` in `soup.results` beside it."""
        return self.folder / f"{self.file.stem if self.file is not None else 'study'}.results"

    @property
    def kind(self) -> str:
        """The kind of world that it is in: where nobody reacts to anything, a survey."""
        return self.world.kind or ("focus_group" if self.stimulus else "survey")

    @property
    def rounds(self) -> int:
        """How many there are in all."""
        return sum(map(self.rounds_of, self.stimulus))

    @property
    def groups(self) -> tuple[str, ...]:
        """What they are called, in the order in which they stand; none, if nobody is told apart."""
        return tuple(dict.fromkeys(source.group for source in self.people if source.group is not None))

    def rounds_of(self, stimulus: Stimulus) -> int:
        """How many rounds follow it."""
        return self.world.rounds if stimulus.rounds is None else stimulus.rounds

    def run(
        self,
        folder: str | PathLike[str] | None = None,
        *,
        runtime: Runtime | None = None,
        tell: Tell | None = None,
        command: str = "",
    ) -> Outcome:
        """Run it, into a folder. What was answered there before is not asked again, and nothing that stands there is
        overwritten: what has changed is kept under `earlier`. `tell` is called with a line at each step; `command` is
        what is to stand in the folder as the line that repeats the run.
        """
        from troupe_study.running import run

        place = self.results_folder if folder is None else Path(folder).expanduser()
        return run(self, place.absolute(), runtime, tell, command)

    def estimate(self, *, runtime: Runtime | None = None) -> Estimate:
        """About how many calls and tokens a run takes, if nothing of it is recorded. Nobody is asked for it."""
        from troupe_study.estimating import estimate

        return estimate(self, runtime)

    def plain(self) -> dict[str, Any]:
        """What it says, as plain data; what nobody has said is left out."""
        fields = [field.name for field in attrs.fields(Design)]
        said = attrs.asdict(self, filter=lambda field, value: value is not None)
        if self.budget is not None:
            said["budget"] = self.budget.given()
        return {name: said[name] for name in fields if name in said}
