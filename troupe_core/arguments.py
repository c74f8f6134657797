"""What a caller has given, checked before anything is done with it; each error calls the argument by its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from troupe_core.errors import ArgumentError


def checked(value: Any, name: str, *, empty: bool = False) -> str:
    """A text."""
    if not isinstance(value, str):
        raise ArgumentError(f"{name} must be text, not {value!r}")
    if not empty and not value.strip():
        raise ArgumentError(f"{name} is empty")
    return str(value)


def checked_name(value: Any, kind: str) -> str:
    """The name of an installed plugin of that kind."""
    if not isinstance(value, str):
        raise ArgumentError(
            f"{kind} is the name of one, not {value!r}; what is given in code belongs into Runtime(plugins=[…])"
        )
    return value


def checked_whole(value: Any, name: str, least: int = 1) -> int:
    """A whole number; True is none."""
    if type(value) is not int or value < least:
        raise ArgumentError(f"{name} must be a whole number from {least} on, not {value!r}")
    return value


def checked_truth(value: Any, name: str) -> bool:
    """True or False, and nothing that merely counts as such."""
    if not isinstance(value, bool):
        raise ArgumentError(f"{name} is True or False, not {value!r}")
    return value


def check_known(given: Iterable[str], known: Iterable[str]) -> None:
    """That nothing is given which there is not. For keywords that are passed on in a mapping."""
    names = [*known]
    unknown = [name for name in given if name not in names]
    if unknown:
        raise ArgumentError(f"{unknown[0]!r} cannot be given here; there are {', '.join(names)}")
