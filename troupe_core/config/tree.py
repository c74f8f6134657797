"""What can be configured: the tree of settings, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from troupe_core.config.degradation import Degradation
from troupe_core.errors import ArgumentError
from troupe_core.llm.request import Parameters


def _whole(record: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not (type(value) is int and value > 0):
        raise ArgumentError(
            f"{attribute.name} of a {type(record).__name__} is a whole number above 0, or None; got {value!r}"
        )


def _positive(record: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not (isinstance(value, int | float) and not isinstance(value, bool) and value > 0):
        raise ArgumentError(
            f"{attribute.name} of a {type(record).__name__} is a number above 0, or None; got {value!r}"
        )


@attrs.frozen
class Budget:
    """What one simulation may spend. None: no limit."""

    calls: int | None = attrs.field(default=None, validator=_whole)
    """Attempts to ask a model, failed ones too."""
    tokens: int | None = attrs.field(default=None, validator=_whole)
    """Tokens sent and answered, as the provider counts them."""
    seconds: float | None = attrs.field(default=None, validator=_positive)
    """Time during which at least one model was being asked."""

    def given(self) -> dict[str, float]:
        """The limits that there are."""
        limits: dict[str, float | None] = attrs.asdict(self)
        return {name: limit for name, limit in limits.items() if limit is not None}


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
    templates: str = ""
    """The set of prompts, if not the usual one."""
    plugins: tuple[str, ...] = ()
    """Beside the installed ones: files (`./mood.py`) and modules (`my_study.mood`)."""
    degradation: Degradation = Degradation()
    loading: Loading = Loading()
    settings: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict, repr=False)
    """Each plugin's own table, by its name; the plugin says what may stand there."""
