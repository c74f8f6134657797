"""People from documents: one, or all of several or none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

import attrs

from troupe_core.arguments import check_known
from troupe_core.errors import ArgumentError, DuplicateName, PluginError
from troupe_core.keys import canonical, plain
from troupe_core.people.filed import is_ours, kind_in, kind_name, memory_from_plain
from troupe_core.people.given import several
from troupe_core.people.handle.checking import checked_name
from troupe_core.people.handle.naming import free_name
from troupe_core.people.persona import frozen
from troupe_core.people.specification import (
    FACULTIES,
    MEMORY,
    TOOLS,
    Specification,
    abilities_in,
    state_in,
)
from troupe_core.simulation.simulation import simulation_of

if TYPE_CHECKING:
    from troupe_core.people.faculty import TinyMentalFaculty
    from troupe_core.people.memory import Memory
    from troupe_core.people.person import TinyPerson
    from troupe_core.people.tool import TinyTool
    from troupe_core.simulation.simulation import Simulation

Found = Mapping[str, Any] | ArgumentError
"""A document, or why there is none."""


class Options(TypedDict, total=False):
    """What a person can be made with besides: see `TinyPerson`."""

    mental_faculties: Iterable[str | TinyMentalFaculty | type[TinyMentalFaculty]]
    tools: Iterable[str | TinyTool | type[TinyTool]]
    memory: Memory[Any] | str | None
    model: str | None
    simulation: Simulation | None


@attrs.frozen
class Wish:
    """How people are to be made of documents."""

    kind: type[TinyPerson]
    options: Options
    leave_out: Collection[str] = ()
    """Keys of documents."""
    rename: bool = False
    """Whether somebody whose name is taken gets another one."""
    name: str | None = None


def load(wish: Wish, documents: Sequence[tuple[str, Found]]) -> list[TinyPerson]:
    """Everybody, in order, each from where it is; or nobody, and an error that names all that are to blame."""
    check_known(wish.options, Options.__annotations__)
    simulation = simulation_of(wish.options.get("simulation"))
    faculties, tools = (several(wish.options.get(key, ()), key) for key in ("mental_faculties", "tools"))
    people: list[TinyPerson] = []
    wrong: list[tuple[str, ArgumentError | PluginError]] = []
    missing: dict[str, list[str]] = {}
    with simulation.at_once():
        for where, found in documents:
            try:
                if isinstance(found, ArgumentError):
                    raise found
                person, unread = _make(wish, simulation, found, faculties, tools)
            except (ArgumentError, PluginError) as error:
                wrong.append((where, error))
                continue
            people.append(person)
            for name in dict.fromkeys(unread):
                missing.setdefault(name, []).append(person.id)
        if wrong:
            raise _refusal(wrong, len(documents)) from None
    for name, ids in missing.items():
        more = f" and {len(ids) - 1:,} more" if len(ids) > 1 else ""
        simulation.remark(ids[0], f"its file{more} has {name!r}, which is not installed; it is kept, and not used")
    return people


def _make(
    wish: Wish, simulation: Simulation, found: Mapping[str, Any], faculties: list[Any], tools: list[Any]
) -> tuple[TinyPerson, list[str]]:
    """One, with these besides, and the names of what is not installed."""
    runtime, options = simulation.runtime, wish.options
    told = Specification.of(found, wish.leave_out)
    name, rest = checked_name(told.name if wish.name is None else wish.name), told.rest
    if wish.rename and simulation.knows(name):
        name = free_name(simulation, name)
    own_faculties, missing = abilities_in(runtime, rest, FACULTIES)
    own_tools, missing_tools = abilities_in(runtime, rest, TOOLS)
    changes = state_in(rest)
    memory: Memory[Any] | str | None = options.get("memory")
    past = rest.pop(MEMORY) if is_ours(rest.get(MEMORY)) else None
    if past is not None and memory is None:
        memory = kind_in(runtime, past)
        if memory is None:
            missing.append(kind_name(past))
            rest[MEMORY], past = past, None
    person = wish.kind(
        name,
        {key: value for key, value in told.persona.items() if key != "name"},
        mental_faculties=[*faculties, *own_faculties],
        tools=[*tools, *own_tools],
        memory=memory,
        model=options.get("model"),
        simulation=simulation,
    )
    if past is not None:
        changes |= memory_from_plain(person.state.memory_kind, past, person.id, simulation.pictures)
    if told.mark:
        changes["mark"] = told.mark
    if rest:
        for spelled in (rest, [rest]):  # it has to fit into a document, and into the name of a state
            canonical(spelled, "the document")
        changes["extras"] = frozen(plain(rest))
    if changes:
        simulation.apply(person.id, lambda state: state.changed(**changes))
    return person, [*missing, *missing_tools]


def _refusal(wrong: Sequence[tuple[str, ArgumentError | PluginError]], of: int) -> ArgumentError | PluginError:
    told = [str(error) if where in str(error) else f"{where}: {error}" for where, error in wrong]
    if any(isinstance(error, DuplicateName) for _, error in wrong):
        told[-1] += "\nWith auto_rename_agent=True, whose name is taken gets another one."
    if of == 1:
        return type(wrong[0][1])(told[0])
    return ArgumentError("\n".join([f"{len(wrong)} of {of} cannot be used, so that nobody was made:", *told]))
