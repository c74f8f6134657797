"""What many perceive, one after the other and each by themselves, is one event to whoever looks on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")
STIMULUS = "stimulus"


def together(events: Iterable[T], event_of: Callable[[T], Any] = lambda each: each) -> Iterator[list[T]]:
    """The events in their order, each by itself or with those that are the same for others. `event_of` gives what has
    the attributes of a fact.
    """
    several: list[T] = []
    last: object = None
    for each in events:
        event = event_of(each)
        this = (event.type, event.source, event.content, event.data) if event.kind == STIMULUS else None
        if several and (this is None or this != last):
            yield several
            several = []
        several.append(each)
        last = this
    if several:
        yield several
