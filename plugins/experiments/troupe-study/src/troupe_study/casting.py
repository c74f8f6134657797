"""The people of a study."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import attrs

from troupe_core import (
    ArgumentError,
    BackendSpec,
    ConfigError,
    ModelRef,
    People,
    PluginError,
    Simulation,
    Substitute,
    TinyPerson,
    TinyPersonFactory,
    UnknownModelError,
)
from troupe_study.mistakes import SOURCES, matching
from troupe_study.study import Group, Study, several


@attrs.frozen
class Cast:
    """Who has come, and whom it failed for."""

    people: People
    failures: tuple[str, ...] = ()
    groups: Mapping[str, str] = attrs.field(factory=dict)
    """The group of each, by name."""
    substitutes: Mapping[str, Substitute] = attrs.field(factory=dict)
    """Who was made with another model than the first of several, by name."""


Generate = Callable[[Group, Simulation], Cast]


def cast(study: Study, simulation: Simulation, generate: Generate | None = None) -> Cast:
    """Everybody, in the order of the groups; or an error that names each group that is to blame. Whoever is to be
    generated comes last of all, by `generate`: nobody is asked while a file may still turn out to be wrong.
    """
    came: dict[int, Cast] = {}
    wrong = [*_unknown_models(study, simulation)]
    numbered = sorted(enumerate(study.people), key=lambda each: each[1].generate is not None)
    for number, group in numbered:
        if group.generate is not None and wrong:
            break
        try:
            came[number] = (
                (generate or generated)(group, simulation) if group.generate else _made(study, group, simulation)
            )
            for pattern in several(group.fragments):
                for path in matching(pattern, study.folder):
                    came[number].people.import_fragment(path)
        except (ArgumentError, PluginError) as error:
            at = ("people", str(number), next(key for key in SOURCES if getattr(group, key) is not None))
            wrong.append(f"{study.place(at)}: {'.'.join(at)}: {error}")
    if wrong:
        raise ConfigError("\n".join(wrong))
    groups = [came[number] for number in range(len(study.people))]
    everybody = People([person for each in groups for person in each.people])
    named = {
        person.name: source.group
        for source, each in zip(study.people, groups, strict=True)
        if source.group is not None
        for person in each.people
    }
    failures = tuple(failure for each in groups for failure in each.failures)
    return Cast(everybody, failures, named, dict(chain.from_iterable(each.substitutes.items() for each in groups)))


def _unknown_models(study: Study, simulation: Simulation) -> Iterator[str]:
    """What is wrong with the models that the study names, as far as it can be known before one is asked."""
    named: dict[tuple[str, ...], str | tuple[str, ...] | None] = {("model",): study.model}
    named |= {("models", purpose): model for purpose, model in study.models.items()}
    named |= {("people", str(number), "model"): group.model for number, group in enumerate(study.people)}
    for at, models in named.items():
        for model in several(models):
            for name in model.split(","):
                try:
                    simulation.runtime.record(BackendSpec, ModelRef.parse(name.strip()).backend)
                except UnknownModelError as error:
                    yield f"{study.place(at)}: {'.'.join(at)}: {error}"


def inputs(study: Study) -> list[Path]:
    """The files that describe people, and the pictures that they see, each once."""
    found: list[Path] = []
    for group in study.people:
        for pattern in (*several(group.files), *several(group.fragments)):
            found += matching(pattern, study.folder)
        if group.folder is not None:
            found += matching(f"{group.folder}/*.agent.json", study.folder)
        found += [_at(study, each) for each in (group.csv, group.jsonl) if each is not None]
    found += [study.folder / name for stimulus in study.stimulus for name in several(stimulus.images)]
    return list(dict.fromkeys(found))


def given(group: Group) -> dict[str, Any]:
    """What everybody in a group is made with besides a persona."""
    return {
        "mental_faculties": group.mental_faculties,
        "tools": group.tools,
        "memory": group.memory,
        "model": group.model,
    }


def generated(group: Group, simulation: Simulation) -> Cast:
    """People whom a model is asked for."""
    wanted = group.generate
    assert wanted is not None  # noqa: S101 - for the type checker
    factory = TinyPersonFactory(wanted.context, simulation=simulation)
    people = factory.generate_people(wanted.count, wanted.particularities or None, **given(group))
    failures = tuple(f"casting, {failure}" for failure in factory.failures)
    return Cast(people, failures, substitutes=factory.substitutes)


def _made(study: Study, group: Group, simulation: Simulation) -> Cast:
    options = {**given(group), "simulation": simulation}
    if group.folder is not None:
        people = TinyPerson.load_specifications_from_folder(_at(study, group.folder), **options)
    elif group.csv is not None:
        people = People.from_csv(_at(study, group.csv), name_column=group.name_column or "name", **options)
    elif group.jsonl is not None:
        people = People.from_jsonl(_at(study, group.jsonl), name_column=group.name_column or "name", **options)
    elif isinstance(group.inline, str):
        people = People([TinyPerson(group.name or "", group.inline, **options)])
    elif group.inline is not None:
        people = People([TinyPerson.load_specification(_named(group.inline, group.name), **options)])
    else:
        people = People(_from_files(study, group, options))
    return Cast(people)


def _named(described: Mapping[str, Any], name: str | None) -> Mapping[str, Any]:
    """The persona, or the document, with the name that stands beside it."""
    if name is None:
        return described
    if "persona" in described:
        return {**described, "persona": {**described["persona"], "name": name}}
    return {**described, "name": name}


def _from_files(study: Study, group: Group, options: dict[str, Any]) -> list[TinyPerson]:
    paths = dict.fromkeys(path for pattern in several(group.files) for path in matching(pattern, study.folder))
    people, wrong = [], []
    for path in paths:
        try:
            people.append(TinyPerson.load_specification(path, **options))
        except ArgumentError as error:
            wrong.append(str(error) if str(path) in str(error) else f"{path}: {error}")
    if wrong:
        raise ArgumentError("\n".join(wrong))
    return people


def _at(study: Study, path: str) -> Path:
    return study.folder / Path(path).expanduser()
