"""The marks of specifications and implementations, typed so that checkers know what a hook *call* returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import pluggy

PROJECT = "troupe"

hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function as the implementation of the hook whose name it bears."""

S = TypeVar("S")
P = ParamSpec("P")
T = TypeVar("T")

if TYPE_CHECKING:

    def first(spec: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T | None]: ...
    def collect(spec: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], list[T]]: ...

else:
    _hookspec = pluggy.HookspecMarker(PROJECT)
    first = _hookspec(firstresult=True)
    collect = _hookspec
