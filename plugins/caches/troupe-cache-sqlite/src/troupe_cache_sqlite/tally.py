"""What a cache has done so far, in numbers."""

from __future__ import annotations

import attrs

from troupe_core import Usage


@attrs.frozen
class Stats:
    """`hits` were answered from the file, `waits` by a call of the same process that was under way already, `misses`
    by the model; together they are what was asked. Of what the model answered, `stores` were kept; `unfit` were not
    worth it (refused, cut off, empty, not of the form asked for, abandoned); `lost` could not be written. Texts that
    were to be embedded count one by one. `damaged` are entries that could not be read; `saved`, the tokens of all that
    was answered without a call.
    """

    hits: int = 0
    misses: int = 0
    waits: int = 0
    stores: int = 0
    unfit: int = 0
    lost: int = 0
    damaged: int = 0
    saved: Usage = attrs.field(default=Usage(), eq=False)


class Tally:
    """The same while it changes. `lost` is counted by the thread that writes, all others by the loop."""

    __slots__ = ("damaged", "hits", "lost", "misses", "saved", "stores", "unfit", "waits")

    def __init__(self) -> None:
        self.hits = self.misses = self.waits = self.stores = self.unfit = self.lost = self.damaged = 0
        self.saved = Usage()

    def stats(self) -> Stats:
        lost = self.lost
        return Stats(
            self.hits, self.misses, self.waits, self.stores - lost, self.unfit, lost, self.damaged, self.saved
        )  # fmt: skip
