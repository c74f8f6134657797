"""What can be configured: the tree of settings, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

import attrs

from troupe_core.config.degradation import Degradation
from troupe_core.errors import ArgumentError
from troupe_core.llm.prices import Price
from troupe_core.llm.request import Parameters


def _kind(record: Any) -> str:
    """As people call it: limits within a budget are written as one."""
    return "Budget" if isinstance(record, Limits) else type(record).__name__


def _whole(record: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not (type(value) is int and value > 0):
        raise ArgumentError(f"{attribute.name} of a {_kind(record)} is a whole number above 0; got {value!r}")


def _positive(record: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not (isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < inf):
        raise ArgumentError(f"{attribute.name} of a {_kind(record)} is a number above 0; got {value!r}")


@attrs.frozen
class Limits:
    """What may be spent. None: no limit."""

    calls: int | None = attrs.field(default=None, validator=_whole)
    """Times a model is asked, failed ones too."""
    tokens: int | None = attrs.field(default=None, validator=_whole)
    """Tokens sent and answered, as the provider counts them."""
    seconds: float | None = attrs.field(default=None, validator=_positive)
    """Time during which at least one model was being asked."""
    money: float | None = attrs.field(default=None, validator=_positive)
    """US dollars, by the prices of the models; one whose price nobody knows is not asked then."""

    def given(self) -> dict[str, Any]:
        """The limits that there are."""
        limits: dict[str, Any] = attrs.asdict(self, filter=lambda _, value: value is not None and value != {})
        return limits


def _limits(value: Limits | None) -> Limits | None:
    """A budget within a budget has nothing but limits."""
    if not isinstance(value, Budget):
        return value
    if value.person is not None or value.purposes or value.runtime is not None:
        raise ArgumentError(
            "a budget of a person, a purpose or the runtime has calls, tokens, seconds or money, and no budgets in it; "
            f"got {value!r}"
        )
    return Limits(value.calls, value.tokens, value.seconds, value.money)


def _each(value: Mapping[str, Limits]) -> Mapping[str, Limits]:
    return {name: each for name, limits in value.items() if (each := _limits(limits)) is not None}


def _are_limits(record: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    for each in value.values() if isinstance(value, Mapping) else (value,):
        if each is not None and not isinstance(each, Limits):
            raise ArgumentError(f"{attribute.name} of a Budget holds a Budget, such as Budget(calls=20); got {each!r}")


@attrs.frozen
class Budget(Limits):
    """What one simulation may spend. None: no limit. `Limits` are such calls, tokens, seconds and money alone."""

    person: Limits | None = attrs.field(default=None, converter=_limits, validator=_are_limits)
    """What is asked for any one of its people."""
    purposes: Mapping[str, Limits] = attrs.field(factory=dict, converter=_each, validator=_are_limits)
    """What is asked for single purposes: {"extraction": Budget(money=0.5)}."""
    runtime: Limits | None = attrs.field(default=None, converter=_limits, validator=_are_limits)
    """What all simulations of a runtime take together: a setting, or of Runtime(budget=…)."""


NO_BUDGET = Budget()


@attrs.frozen
class Loading:
    """Which plugins take part. They are named by themselves or by their distribution; `*` stands for anything."""

    autoload: bool = True
    """Whether those that are installed are looked for."""
    allow: tuple[str, ...] = ()
    """If given, of the installed ones only these are loaded; others are not even imported."""
    disable: tuple[str, ...] = ()
    """These are not loaded."""
    required: tuple[str, ...] = ()
    """Without these nothing begins."""
    order: tuple[str, ...] = ()
    """These are registered last and in this order: of wrappers, who comes later stands further out."""
    prefer: Mapping[str, str] = attrs.field(factory=dict)
    """Whose record counts if two offer one name: {"faculty mood" = "acme-mood"}."""
    open_within: float = attrs.field(default=30.0, validator=_positive)
    """So many seconds a plugin may take to open."""
    strict: bool = False
    """Whether a plugin that cannot be used is an error, and not only reported."""


@attrs.frozen
class Config:
    """Everything but the tables of plugins, of which each sees its own only."""

    model: str | tuple[str, ...] | None = None
    """Who is asked if nobody names another: `backend/model`, or several, of which the next one is asked if the one
    before fails.
    """
    models: Mapping[str, str | tuple[str, ...]] = attrs.field(factory=dict)
    """Who is asked for single purposes: `turn`, `consolidation`, `extraction`, `enrichment`, or one that a faculty has.
    """
    parameters: Parameters = Parameters()
    max_in_flight: int | None = attrs.field(default=None, validator=_whole)
    """So many calls, turns and background work of one simulation go on at a time; 256 if it is not given."""
    budget: Budget = Budget()
    prices: Mapping[str, Price] = attrs.field(factory=dict)
    """What models cost, by their whole names; that goes before what their backends know."""
    templates: str = ""
    """The set of prompts, if not the usual one."""
    plugins: tuple[str, ...] = ()
    """Beside the installed ones: files (`./mood.py`) and modules (`my_study.mood`)."""
    degradation: Degradation = Degradation()
    loading: Loading = Loading()
    settings: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict, repr=False)
    """Each plugin's own table, by its name; the plugin says what may stand there."""
