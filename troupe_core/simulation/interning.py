"""One object for equal values, as long as anybody has it."""

from __future__ import annotations

import weakref
from typing import Any, Protocol, TypeVar


class Named(Protocol):
    """A value that knows its digest."""

    @property
    def digest(self) -> bytes: ...


N = TypeVar("N", bound=Named)


class Interned:
    """`interned(value)` is the equal value that is here already, else this one. So clones and forks of a person cost
    next to nothing.
    """

    def __init__(self) -> None:
        self._known: weakref.WeakValueDictionary[bytes, Any] = weakref.WeakValueDictionary()

    def __call__(self, value: N) -> N:
        kept: N = self._known.setdefault(value.digest, value)
        return kept
