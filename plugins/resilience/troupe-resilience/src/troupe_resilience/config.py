"""What can be set, in the table `[settings.resilience]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import attrs

from troupe_core import ArgumentError

AtOnce: TypeAlias = Literal["adaptive"] | int


def _positive(config: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, int | float) and not value > 0:
        raise ArgumentError(f"{attribute.name} has to be above 0; got {value!r}")


def _not_negative(config: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if isinstance(value, int | float) and not value >= 0:
        raise ArgumentError(f"{attribute.name} cannot be below 0; got {value!r}")


@attrs.frozen
class Policy:
    """What holds for one model."""

    attempts: int = attrs.field(default=8, validator=_positive)
    """So often a question is put, in all. 1: never again."""
    attempts_with_standby: int = attrs.field(default=2, validator=_positive)
    """So often, if another model is named behind this one, which then takes over; after a timeout at once. That the
    provider is asked too much (429) is waited for as ever, and no reason to go elsewhere.
    """
    first_wait: float = attrs.field(default=1.0, validator=_not_negative)
    """Seconds; the wait before the second attempt is anything up to this, before each further one up to twice as much.
    """
    longest_wait: float = attrs.field(default=60.0, validator=_not_negative)
    """Seconds; no wait is longer, and who is told by the provider to wait longer gives up at once."""
    concurrency: AtOnce = attrs.field(default="adaptive", validator=_positive)
    """So many calls at once; "adaptive": as many as the provider takes, which is found out."""
    at_most: int = attrs.field(default=256, validator=_positive)
    """So many at once if it is adaptive, however many the provider would take."""
    requests_per_minute: int | None = attrs.field(default=None, validator=_positive)
    """None: no limit of our own; the provider's is felt by what it refuses."""
    tokens_per_minute: int | None = attrs.field(default=None, validator=_positive)
    """Of questions and answers together. None: likewise."""
    timeout: float | None = attrs.field(default=None, validator=_positive)
    """Seconds for one attempt, from its beginning to the end of the answer. None: as the backend has it."""
    first_piece_timeout: float | None = attrs.field(default=None, validator=_positive)
    """Seconds until the first piece of an answer that comes piece by piece. None: as the backend has it."""
    breaker_failures: int = attrs.field(default=20, validator=_positive)
    """After so many failures in a row,"""
    breaker_seconds: float = attrs.field(default=30.0, validator=_not_negative)
    """over so many seconds at least, the model is asked no more"""
    breaker_pause: float = attrs.field(default=30.0, validator=_positive)
    """for so many seconds. Then one call tries."""


@attrs.frozen
class Override:
    """What is otherwise for one model, or for all of a backend. What is not given is as in the table itself."""

    attempts: int | None = attrs.field(default=None, validator=_positive)
    attempts_with_standby: int | None = attrs.field(default=None, validator=_positive)
    first_wait: float | None = attrs.field(default=None, validator=_not_negative)
    longest_wait: float | None = attrs.field(default=None, validator=_not_negative)
    concurrency: AtOnce | None = attrs.field(default=None, validator=_positive)
    at_most: int | None = attrs.field(default=None, validator=_positive)
    requests_per_minute: int | None = attrs.field(default=None, validator=_positive)
    tokens_per_minute: int | None = attrs.field(default=None, validator=_positive)
    timeout: float | None = attrs.field(default=None, validator=_positive)
    first_piece_timeout: float | None = attrs.field(default=None, validator=_positive)
    breaker_failures: int | None = attrs.field(default=None, validator=_positive)
    breaker_seconds: float | None = attrs.field(default=None, validator=_not_negative)
    breaker_pause: float | None = attrs.field(default=None, validator=_positive)

    def given(self) -> dict[str, Any]:
        """What is otherwise."""
        return {name: value for name, value in attrs.asdict(self).items() if value is not None}


@attrs.frozen
class Config(Policy):
    """What holds for every model, and what is otherwise for some. Each model has its limits and its breaker to itself;
    models of a backend that has a table share those of the backend.
    """

    models: Mapping[str, Override] = attrs.field(factory=dict)
    """By `backend/model`, or by the name of a backend: `[settings.resilience.models."openai/gpt-5-mini"]`."""

    def whose(self, backend: str, model: str) -> str:
        """Whose limits are those of a model: its own, or those that all models of its backend share."""
        return backend if backend in self.models and model not in self.models else model

    def policy(self, backend: str, model: str) -> Policy:
        """What holds for a model: what its table says goes before what its backend's says."""
        own = {field.name: getattr(self, field.name) for field in attrs.fields(Policy)}
        for name in (backend, model):
            if name in self.models:
                own |= self.models[name].given()
        return Policy(**own)
