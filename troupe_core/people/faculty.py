"""Mental faculties: what a person can do. A class with a docstring, and methods marked as actions.

    class Mood(TinyMentalFaculty, state=Feeling):
        \"\"\"You have moods, and they colour what you say.\"\"\"

        @action(observe=True)
        async def vent(self, turn: Turn[Feeling], intensity: int) -> str:
            \"\"\"Let off steam. intensity: 1 is a sigh, 5 a shout.\"\"\"

The class's docstring is what the person is told of it; a method is an action of that name (VENT), its docstring says
what it does, and its parameters are what the model has to give. An observing action returns what the person perceives
of its result, before it goes on.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, get_type_hints, overload

import attrs

from troupe_core.converters import frozen_class
from troupe_core.errors import ArgumentError, PluginError
from troupe_core.records import FacultySpec

if TYPE_CHECKING:
    from troupe_core.people.turn import Turn

Method = TypeVar("Method", bound=Callable[..., Any])


@attrs.frozen(eq=False)
class Action:
    """One thing that a faculty lets a person do."""

    name: str
    text: str
    parameters: dict[str, tuple[Any, Any]]
    """Name to type and default; `attrs.NOTHING` where there is none."""
    observe: bool
    echo: bool
    perform: Callable[..., Awaitable[object] | object] | None
    """The method, unbound. None for what has no effect in the person itself."""


@overload
def action(method: Method) -> Method: ...
@overload
def action(
    *, name: str | None = None, observe: bool = False, echo: bool = False, effect: bool = True
) -> Callable[[Method], Method]: ...
def action(
    method: Method | None = None,
    *,
    name: str | None = None,
    observe: bool = False,
    echo: bool = False,
    effect: bool = True,
) -> Method | Callable[[Method], Method]:
    """Mark a method as an action. `observe`: its result is perceived before the person goes on. `echo`: that result is
    what was known already, as of RECALL, and is not found again by recalling. `effect=False`: the method is not called;
    others do what has to be done.
    """

    if echo and not observe:
        raise ArgumentError("action: echo is about what an action shows; give observe=True as well")

    def mark(function: Method) -> Method:
        function.__troupe_action__ = (name or function.__name__.upper(), observe, echo, effect)  # type: ignore[attr-defined]
        return function

    return mark if method is None else mark(method)


class TinyMentalFaculty:
    """Base of faculties. One instance serves every person of a runtime: what belongs to a person goes in its state."""

    name: ClassVar[str]
    state_class: ClassVar[type[Any] | None] = None
    config_class: ClassVar[type[Any] | None] = None
    cache_version: ClassVar[int] = 1
    state_version: ClassVar[int] = 1
    """To be raised when the fields of the state change; `migrate` then reads what was written before."""
    actions: ClassVar[tuple[Action, ...]] = ()

    def __init_subclass__(
        cls, *, state: type[Any] | None = None, config: type[Any] | None = None, name: str | None = None, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = name or snake(cls.__name__)
        cls.state_class = frozen_class(state, cls.__qualname__) if state is not None else cls.state_class
        cls.config_class = config or cls.config_class
        cls.actions = tuple(_actions_of(cls))

    def __init__(self, config: Any = None) -> None:
        self.config: Any = config if config is not None or self.config_class is None else self.config_class()

    def start(self) -> Any:
        """The state of somebody who has just got this faculty."""
        return self.state_class() if self.state_class is not None else None

    def migrate(self, data: Any, version: int) -> Any:
        """The state as an earlier version wrote it into a journal, as this version writes it. Plain data in and out."""
        raise PluginError(f"the faculty {self.name!r} cannot read its state of version {version}: it has no migrate()")

    @classmethod
    def as_record(cls, given: Any) -> FacultySpec:
        """What a runtime registers that was given this faculty, or its class, without a plugin around it."""
        return FacultySpec(cls.name, given if isinstance(given, type) else lambda: given)

    @property
    def known_as(self) -> str:
        """Its name among all abilities of a person."""
        return self.name

    @property
    def shaping(self) -> Any:
        """What of its settings shapes a turn, and is part of what names it."""
        return self.config

    @property
    def text(self) -> str:
        """What the person is told of it."""
        return next((inspect.cleandoc(base.__doc__) for base in type(self).__mro__[:-2] if base.__doc__), "")

    def state_prompt(self, turn: Turn[Any]) -> str:
        """What the person is aware of at this moment; a line among its present state, or nothing."""
        return ""


def snake(name: str) -> str:
    """What a faculty is called whose class has this name."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.removesuffix("Faculty") or name).lower()


def _actions_of(cls: type[TinyMentalFaculty]) -> list[Action]:
    found: dict[str, Action] = {}
    names = {name: None for base in reversed(cls.__mro__) for name, member in vars(base).items() if _marks(member)}
    for name in names:
        member = getattr(cls, name)  # the one that counts, also if it was overridden without the mark
        marked = next(marks for base in cls.__mro__ if (marks := _marks(vars(base).get(name))))
        made = _action(cls, member, *marked)
        found[made.name] = made
    return list(found.values())


def _marks(member: object) -> tuple[str, bool, bool, bool] | None:
    marks: tuple[str, bool, bool, bool] | None = getattr(member, "__troupe_action__", None)
    return marks


def _action(cls: type, method: Callable[..., Any], name: str, observe: bool, echo: bool, effect: bool) -> Action:
    signature = list(inspect.signature(method).parameters.values())[2:]  # without self and turn
    hints = _hints(method)
    parameters = {}
    for parameter in signature:
        if parameter.name == "type" or parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise ArgumentError(f"{cls.__qualname__}.{method.__name__}: an action cannot have a parameter {parameter}")
        if parameter.name not in hints:
            raise ArgumentError(
                f"{cls.__qualname__}.{method.__name__}: the parameter {parameter.name!r} needs a type, "
                "which becomes part of the schema"
            )
        default = attrs.NOTHING if parameter.default is parameter.empty else parameter.default
        parameters[parameter.name] = (hints[parameter.name], default)
    text = " ".join(inspect.cleandoc(method.__doc__ or "").split())
    return Action(name, text, parameters, observe, echo, method if effect else None)


def _hints(method: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(method, include_extras=True)
    except NameError:  # the turn's type is often imported for checkers only; the parameters' own types must be there
        scope = getattr(method, "__globals__", {})
        hints = {}
        for name, hint in method.__annotations__.items():
            try:
                resolved = get_type_hints(_with_only(name, hint), scope, include_extras=True)
            except NameError:
                continue
            hints[name] = resolved[name]
        return hints


def _with_only(name: str, hint: Any) -> Any:
    return type("Holder", (), {"__annotations__": {name: hint}})
