"""What people have seen: each picture once, under its digest, however many have seen it. Facts name it by that."""

from __future__ import annotations

import threading
import weakref
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import TYPE_CHECKING

from troupe_core.errors import JournalError, SimulationError
from troupe_core.llm.images import Image
from troupe_core.simulation.journal.codec import decode, encode
from troupe_core.simulation.journal.kinds import PART

if TYPE_CHECKING:
    from troupe_core.events import Fact
    from troupe_core.simulation.journal.store import Store


AT_HAND = 64 * 2**20
"""So many bytes of pictures that lie in a journal are kept in memory too, though nobody has them in view."""


class Pictures:
    """Of a simulation and its forks. With a journal they lie there too, from the moment in which somebody sees them,
    and only those are kept in memory that are in view, or were wanted last.
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store
        self._stored: set[str] = set()
        self._kept: dict[str, Image] = {}
        """Those that are wanted last stand last."""
        self._size = 0
        self._in_use: weakref.WeakValueDictionary[str, Image] = weakref.WeakValueDictionary()
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Image]:
        """Those at hand."""
        with self._lock:
            return iter(list(self._in_use.values()))

    def keep(self, image: Image) -> str:
        """See to it that it is found again; the name by which it is."""
        name = image.digest.hex()
        if self._store is not None and name not in self._stored:
            self._store.put([(PART + image.digest, encode(spelled(image)))], later=True)
            self._stored.add(name)
        self._hold(name, self._in_use.get(name, image))
        return name

    def find(self, name: str) -> Image:
        """The picture of that name."""
        found = self._in_use.get(name) or self._read(name)
        self._hold(name, found)
        return found

    def _hold(self, name: str, image: Image) -> None:
        """Keep it in memory: for good, if it is nowhere else."""
        with self._lock:
            self._in_use[name] = image
            if self._kept.pop(name, None) is None:
                self._size += len(image.data)
            self._kept[name] = image
            while self._store is not None and self._size > AT_HAND:
                self._size -= len(self._kept.pop(next(iter(self._kept))).data)

    def of(self, fact: Fact) -> tuple[Image, ...]:
        """What was seen, in the order in which it was shown."""
        return tuple(map(self.find, fact.images))

    def _read(self, name: str) -> Image:
        if self._store is None:
            raise SimulationError(f"the picture {name} was seen in another simulation, and is not here")
        image = from_spelled(decode(self._store.need(PART + bytes.fromhex(name))))
        if image.digest.hex() != name:
            raise JournalError(f"{self._store.path} has another picture in the place of {name}: it is damaged")
        return image


def spelled(image: Image) -> dict[str, str]:
    """As JSON has it."""
    return {"media_type": image.media_type, "data": b64encode(image.data).decode()}


def from_spelled(row: dict[str, str]) -> Image:
    """The inverse."""
    return Image(b64decode(row["data"]), row["media_type"])
