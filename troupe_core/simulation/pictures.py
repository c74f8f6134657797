"""What people have seen: each picture once, under its digest, however many have seen it. Facts name it by that."""

from __future__ import annotations

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


class Pictures:
    """Of a simulation and its forks. With a journal they lie there too, from the moment in which somebody sees them."""

    def __init__(self, store: Store | None = None) -> None:
        self._store = store
        self._kept: dict[str, Image] = {}

    def __iter__(self) -> Iterator[Image]:
        """Those at hand."""
        return iter(list(self._kept.values()))

    def keep(self, image: Image) -> str:
        """See to it that it is found again; the name by which it is."""
        name = image.digest.hex()
        if name not in self._kept:
            if self._store is not None:
                self._store.put([(PART + image.digest, encode(spelled(image)))], later=True)
            self._kept[name] = image
        return name

    def find(self, name: str) -> Image:
        """The picture of that name."""
        found = self._kept.get(name)
        if found is None:
            found = self._kept[name] = self._read(name)
        return found

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
