"""What is certainly not in a file: asking SQLite for a key that is not there costs as much as writing it."""

from __future__ import annotations

_BITS = 1 << 25  # 4 MB, which the system hands out page by page; one in a hundred is in doubt at three million rows
_MASK = _BITS - 1


class Absence:
    """A Bloom filter over keys, which are digests: their bits are as random as a hash function would make them."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen = bytearray(_BITS >> 3)

    def note(self, key: bytes) -> None:
        """This key is there from now on."""
        bits = int.from_bytes(key[1:11], "little")
        seen = self._seen
        for place in (bits & _MASK, (bits >> 25) & _MASK, (bits >> 50) & _MASK):
            seen[place >> 3] |= 1 << (place & 7)

    def certain(self, key: bytes) -> bool:
        """Whether the key cannot be there."""
        bits = int.from_bytes(key[1:11], "little")
        seen = self._seen
        place = bits & _MASK
        if not seen[place >> 3] >> (place & 7) & 1:
            return True
        place = (bits >> 25) & _MASK
        if not seen[place >> 3] >> (place & 7) & 1:
            return True
        place = (bits >> 50) & _MASK
        return not seen[place >> 3] >> (place & 7) & 1
