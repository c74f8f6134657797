"""What is given to those who work through a plugin: checked before anything is asked."""

from __future__ import annotations

from typing import Any

from troupe_core.errors import ArgumentError


def checked(value: Any, name: str, *, empty: bool = False) -> str:
    """A text, or an error that calls it by its name."""
    if not isinstance(value, str):
        raise ArgumentError(f"{name} must be text, not {value!r}")
    if not empty and not value.strip():
        raise ArgumentError(f"{name} is empty")
    return value


def checked_name(value: Any, kind: str) -> str:
    """The name of an installed plugin of that kind."""
    if not isinstance(value, str):
        raise ArgumentError(
            f"{kind} is the name of one, not {value!r}; what is given in code belongs into Runtime(plugins=[…])"
        )
    return value
