"""The states of everything in a simulation, by id. Those in a journal that nobody has looked at are not in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any


class States(dict[str, Any]):
    """A dictionary that knows what has changed in it, and finds what it does not hold."""

    __slots__ = ("_find", "_names", "changed")

    def __init__(self) -> None:
        super().__init__()
        self.changed: set[str] = set()
        """The ids of what has been set since the journal last took note of it."""
        self._names: dict[str, None] = {}
        """All ids in their order, also of states that are still only in the journal."""
        self._find: Callable[[str], Any] | None = None

    def found_by(self, find: Callable[[str], Any], names: Iterable[str]) -> None:
        """These are there too; `find` makes one of them when it is asked for."""
        self._find = find
        self._names.update(dict.fromkeys(names))

    def __setitem__(self, id: str, state: Any) -> None:
        if id not in self._names:
            self._names[id] = None
        super().__setitem__(id, state)
        self.changed.add(id)

    def __missing__(self, id: str) -> Any:
        if id not in self._names or self._find is None:
            raise KeyError(id)
        found = self._find(id)
        super().__setitem__(id, found)
        return found

    def cool(self, id: str, state: Any) -> None:
        """Put the same state there in another shape, for example a smaller one. That is no change."""
        super().__setitem__(id, state)

    def remove(self, id: str) -> None:
        """As if it had never been there."""
        super().pop(id, None)
        self._names.pop(id, None)
        self.changed.discard(id)

    def update(self, others: Mapping[str, Any]) -> None:  # type: ignore[override]  # one of its many forms
        for id, state in others.items():
            self[id] = state

    def get(self, id: str, default: Any = None) -> Any:
        return self[id] if id in self._names else default

    def clear(self) -> None:
        super().clear()
        self._names.clear()
        self.changed.clear()
        self._find = None

    def copy(self) -> States:
        made = States()
        for id, state in dict.items(self):  # those that were read, and no others
            dict.__setitem__(made, id, state)
        made._names = dict(self._names)
        made._find = self._find
        return made

    def __contains__(self, id: object) -> bool:
        return id in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def keys(self) -> Any:
        return self._names.keys()

    def items(self) -> Any:
        return [(id, self[id]) for id in self._names]

    def values(self) -> Any:
        return [self[id] for id in self._names]
