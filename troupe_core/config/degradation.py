"""What is declared for the case that the answers which were wanted cannot be had."""

from __future__ import annotations

from typing import Any

import attrs

from troupe_core.errors import ArgumentError, BudgetExceeded, ModelError

STOP, SKIP = "stop", "skip"


def _share(record: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not (isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1):
        raise ArgumentError(
            f"{attribute.name} of a {type(record).__name__} is a share between 0 and 1, such as 0.8; got {value!r}"
        )


def _stop_or_skip(record: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value not in (STOP, SKIP):
        raise ArgumentError(f'{attribute.name} of a {type(record).__name__} is "{STOP}" or "{SKIP}"; got {value!r}')


@attrs.frozen
class Degradation:
    """What is done where the answers that were wanted cannot be had. Whatever it touches says so."""

    cheaper_from: float | None = attrs.field(default=None, validator=_share)
    """From this share of the budget on (0.8), of several models the first one is spared, and the next one asked."""
    on_budget: str = attrs.field(default=STOP, validator=_stop_or_skip)
    """When the budget is spent: "stop", or "skip": whoever would have been asked misses its turn, or has no row, and
    what goes on for many goes on to its end.
    """
    on_failure: str = attrs.field(default=STOP, validator=_stop_or_skip)
    """When all models have failed for somebody: "stop" as soon as that is everybody's trouble, or that of too many; or
    "skip", as above, whatever it is and however many they are.
    """

    def skips(self, error: Exception) -> bool:
        """Whether somebody for whom there is no answer is passed over, and nothing else stops for it."""
        if isinstance(error, BudgetExceeded):
            return self.on_budget == SKIP
        return self.on_failure == SKIP and isinstance(error, ModelError)

    def stops(self, error: Exception) -> bool:
        """Whether nobody else could get beyond it either, so that what goes on for many ends."""
        return getattr(error, "fatal", False) and not self.skips(error)


def checked_degradation(degradation: Any) -> Degradation:
    """It, and not one of its words."""
    if not isinstance(degradation, Degradation):
        advice = f'such as Degradation(on_budget="{SKIP}")'
        raise ArgumentError(f"degradation must be a Degradation, {advice}, not {degradation!r}")
    return degradation
