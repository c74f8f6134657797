"""What was given to a runtime without a plugin around it: the plugin around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from troupe_core.hookspecs import hookimpl
from troupe_core.plugins.kinds import KINDS
from troupe_core.records import Record


def alone(records: Sequence[Record]) -> object:
    """A plugin that registers these."""
    hooks = {
        kind.hook: _registering([record for record in records if type(record) is kind.record])
        for kind in KINDS
        if any(type(record) is kind.record for record in records)
    }
    return type("Alone", (), hooks)()


def _registering(records: list[Record]) -> Callable[..., Iterator[Any]]:
    @hookimpl
    def register(self: object) -> Iterator[Record]:
        yield from records

    return register
