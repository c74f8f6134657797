"""What is certainly not in a file: asking SQLite for a key that is not there costs as much as writing it."""

from __future__ import annotations

FIRST = 1 << 20
"""Bits of the first filter: 128 kB, good for a hundred thousand keys."""
GROWTH = 8
BITS_EACH = 10
"""So many bits a key: then one key in sixty is in doubt, and is looked up."""


class Absence:
    """Bloom filters over keys, which are digests: their bits are as random as a hash function would make them. When one
    is full, a larger one takes what comes.
    """

    __slots__ = ("_filters", "_free")

    def __init__(self) -> None:
        self._filters = [bytearray(FIRST >> 3)]
        self._free = FIRST // BITS_EACH

    def note(self, key: bytes) -> None:
        """This key is there from now on."""
        if not self._free:
            bits = len(self._filters[-1]) * 8 * GROWTH
            self._filters.append(bytearray(bits >> 3))
            self._free = bits // BITS_EACH
        self._free -= 1
        seen = self._filters[-1]
        mask, hashed = len(seen) * 8 - 1, int.from_bytes(key[1:17], "little")
        for place in (hashed & mask, (hashed >> 42) & mask, (hashed >> 84) & mask):
            seen[place >> 3] |= 1 << (place & 7)

    def certain(self, key: bytes) -> bool:
        """Whether the key cannot be there."""
        hashed = int.from_bytes(key[1:17], "little")
        for seen in self._filters:
            mask = len(seen) * 8 - 1
            one, two, three = hashed & mask, (hashed >> 42) & mask, (hashed >> 84) & mask
            if (
                seen[one >> 3] >> (one & 7)
                & seen[two >> 3] >> (two & 7)
                & seen[three >> 3] >> (three & 7)
                & 1
            ):  # fmt: skip
                return False
        return True
