"""What holds for everything that people can do, be it a faculty or a tool."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import attrs
import pytest

from troupe_core import (
    Call,
    LLMRequest,
    PluginError,
    Runtime,
    Simulation,
    TinyMentalFaculty,
    TinyPerson,
    TinyWorld,
    ToolSpec,
    TroupeError,
)
from troupe_testing.conformance.plugin import PluginConformance
from troupe_testing.conformance.samples import Shape, actions_in, order, strange_orders, typed
from troupe_testing.conformance.stage import Stage
from troupe_testing.scripted import Action, Answer, Script, quiet, talk, turn

EVERYBODY = {"TALK", "THINK", "REACH_OUT", "DONE"}
"""What people can do without it."""
TRIO = ("Ada", "Ben", "Cleo")


class ActingConformance(PluginConformance):
    """The common part of `FacultyConformance` and `ToolConformance`, which are what a plugin's tests subclass."""

    orders: ClassVar[Sequence[Mapping[str, Any]]] = ()
    """What people are to do, as `[do("VENT", intensity=3)]`. If nothing is said, it is each action once, with arguments
    that are made up from their types."""

    def answer(self, request: LLMRequest, call: Call) -> Answer:
        """What a model answers when the plugin itself asks one, as with `turn.llm("purpose").ask(…)`."""
        return quiet(request, call)

    def script(self, request: LLMRequest, call: Call) -> Answer:
        """What the model answers while the plugin is exercised: in each turn one of the orders."""
        if call.purpose != "turn":
            return self.answer(request, call)
        orders = self.orders or [order(*each) for each in _own(actions_in(request.schema or {})).items()]
        return self.obey(orders[call.turn % len(orders)], call)

    def exercise(self, stage: Stage, runtime: Runtime) -> object:
        """Three people do everything that is ordered: with tools one after the other, else at the same time."""
        simulation = Simulation(runtime=runtime, seed=7)
        people = self.company(stage, simulation)
        world = TinyWorld("The room", people, simulation=simulation)
        world.broadcast("What shall we do?")
        schedule = "sequential" if self.kind is ToolSpec else "parallel"
        world.run(max(2, len(self.ordered(stage))), schedule=schedule)
        simulation.end()
        result = [*told_to(people), simulation.digest()]
        simulation.close()
        return result

    # -- what checks are made of --------------------------------------------------------------------------------------

    def company(
        self, stage: Stage, simulation: Simulation, names: Sequence[str] = TRIO, *more: type[TinyMentalFaculty]
    ) -> list[TinyPerson]:
        """People who can do it, and `more`."""
        tools = [stage.record_name()] if self.kind is ToolSpec else []
        faculties: list[Any] = [*more, *([] if tools else [stage.record_name()])]
        return [TinyPerson(name, mental_faculties=faculties, tools=tools, simulation=simulation) for name in names]

    def offered(self, stage: Stage) -> dict[str, Shape]:
        """Its actions in the schema that a model is sent, each with its parameters."""
        runtime: Any = stage.runtime()
        with runtime:
            (ada,) = self.company(stage, Simulation(runtime=runtime), ["Ada"])
            ada.act()
        request, _ = runtime.model_under_test.requests[0]
        return _own(actions_in(request.schema))

    def ordered(self, stage: Stage) -> list[Mapping[str, Any]]:
        """The orders, or those that are made up."""
        found = [*self.orders] or [order(*each) for each in self.offered(stage).items()]
        if not found:
            pytest.skip("people can do nothing with it")
        return found

    def obey(self, wanted: Mapping[str, Any], call: Call, *after: Action) -> Answer:
        """The answer of somebody who does that, and `after`, and then has nothing more to do."""
        if call.ordinal % 2:
            return PluginError(f"no model can answer {dict(wanted)}: let orders fit the actions as they are")
        return turn(*(after or [talk("So be it.")])) if call.ordinal else turn(dict(wanted), *after)

    def doing(self, wanted: Mapping[str, Any], *after: Action) -> Script:
        """The script of people who do that in each turn."""
        return lambda request, call: (
            self.obey(wanted, call, *after) if call.purpose == "turn" else self.answer(request, call)
        )

    def ability(self, stage: Stage, runtime: Runtime) -> Any:
        """The one instance that people of that runtime have."""
        return runtime.faculty(f"tool:{stage.record_name()}" if self.kind is ToolSpec else stage.record_name())

    def strangely(self, stage: Stage) -> Iterator[Action]:
        """The orders with arguments that a model may give and nobody thinks of."""
        offered = self.offered(stage)
        for usual in self.ordered(stage):
            yield from strange_orders(usual, offered.get(usual["type"], {}))

    def attempts(
        self, stage: Stage, orders: Sequence[Mapping[str, Any]], *plugins: object
    ) -> list[tuple[Mapping[str, Any], Exception]]:
        """Everything is done by somebody else: what of it ends in an error that has no business outside of it."""
        by_name = {f"Visitor {number:03}": wanted for number, wanted in enumerate(orders)}
        errors = []
        with stage.runtime(
            lambda request, call: self.doing(by_name[str(call.person)])(request, call), plugins=plugins
        ) as runtime:
            for person in self.company(stage, Simulation(runtime=runtime), [*by_name]):
                error = _error(person)
                if error is not None and (self.kind is ToolSpec or not isinstance(error, TroupeError)):
                    errors.append((by_name[person.name], error))
        return errors

    def returned(self, stage: Stage) -> list[tuple[str, object]]:
        """Of everything that is ordered: the action, and what its method returns for the person to perceive."""
        seen: list[tuple[str, object]] = []
        for wanted in self.ordered(stage):
            runtime = stage.runtime(self.doing(wanted))
            ability = self.ability(stage, runtime)
            with replaced(ability, "actions", watched(ability, seen)):
                (ada,) = self.company(stage, Simulation(runtime=runtime), ["Ada"])
                ada.act()
        return seen

    # -- checks -------------------------------------------------------------------------------------------------------

    def test_every_parameter_of_an_action_has_a_type(self, stage: Stage) -> None:
        """The schema that a model is held to has each action, and says of each of its parameters what it is."""
        offered = self.offered(stage)
        actions = self.ability(stage, stage.runtime()).actions
        vague = [
            f"{action.name}.{name}"
            for action in actions
            for name in action.parameters
            if not typed(offered.get(action.name, {}).get(name, {}))
        ]
        assert not vague, f"the schema does not say what {', '.join(vague)} is: annotate it with a precise type"

    def test_every_action_is_told_with_what_it_does(self, stage: Stage) -> None:
        """A model knows an action by its name and the docstring of its method."""
        runtime = stage.runtime()
        (ada,) = self.company(stage, Simulation(runtime=runtime), ["Ada"])
        rules = ada.prompt().parts[0].text
        actions = self.ability(stage, runtime).actions
        untold = [action.name for action in actions if not action.text or f"{action.name}: {action.text}" not in rules]
        assert not untold, f"nobody is told what {', '.join(untold)} does: give the method a docstring"

    def test_no_argument_of_a_model_breaks_it(self, stage: Stage) -> None:
        """Whatever a model gives within the schema (nothing, 0, less, far too much, other scripts) is dealt with: an
        exception that is no `TroupeError` is a bug, and fails the turn. A tool raises a `ToolFailure` or nothing.
        """
        errors = self.attempts(stage, [*self.strangely(stage)])
        broken = [f"{_short(wanted)} ends in {type(error).__name__}: {error}" for wanted, error in errors[:1]]
        assert not broken, f"{broken[0]}; take every value that the parameters' types allow"


def _error(person: TinyPerson) -> Exception | None:
    try:
        person.act()
    except Exception as error:
        return error
    return None


def _own(actions: Mapping[str, Shape]) -> dict[str, Shape]:
    return {name: parameters for name, parameters in actions.items() if name not in EVERYBODY}


def _short(wanted: Mapping[str, Any]) -> str:
    arguments = (f"{name}={value!r:.60}" for name, value in wanted.items() if name != "type")
    return f"{wanted['type']}({', '.join(arguments)})"


def perceived(person: TinyPerson) -> list[str]:
    return [fact.content for fact in person.memories() if fact.kind == "observation"]


def told_to(people: Iterable[TinyPerson]) -> list[str]:
    """What each of them has perceived of what it did, line by line."""
    return [f"{person.name}: {said}" for person in people for said in perceived(person)]


def watched(faculty: Any, seen: list[tuple[str, object]]) -> tuple[Any, ...]:
    """Its actions; what the observing ones return is noted."""

    def watching(each: Any) -> Any:
        async def perform(*given: Any, **arguments: Any) -> object:
            result = each.perform(*given, **arguments)
            seen.append((each.name, await result if hasattr(result, "__await__") else result))
            return seen[-1][1]

        return attrs.evolve(each, perform=perform) if each.observe and each.perform is not None else each

    return tuple(map(watching, faculty.actions))


@contextmanager
def replaced(thing: Any, name: str, value: object) -> Iterator[None]:
    """For a while an instance has something else than its class; it may be the test's own, and is used again."""
    setattr(thing, name, value)
    try:
        yield
    finally:
        delattr(thing, name)


def kept_in(thing: Any) -> str:
    """What an instance keeps, and its class: as text, to be compared with itself."""
    own = {name: value for name, value in vars(type(thing)).items() if not name.startswith("__") and _is_data(value)}
    return _spelled([own, vars(thing)], set())


def _is_data(value: Any) -> bool:
    return not callable(value) and not hasattr(value, "__get__") and not isinstance(value, tuple)


def _spelled(value: Any, seen: set[int]) -> str:
    """With what is inside of objects that do not tell."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {_spelled(item, seen)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple | set | frozenset):
        return f"[{', '.join(_spelled(item, seen) for item in value)}]"
    if id(value) in seen or not hasattr(value, "__dict__") or isinstance(value, type | Path) or callable(value):
        return repr(value)
    seen.add(id(value))
    return f"{type(value).__qualname__}({_spelled(vars(value), seen)})"
