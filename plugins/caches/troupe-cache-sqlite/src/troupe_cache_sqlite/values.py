"""Values as the file holds them: compressed, with a checksum."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, TypeVar

import zstandard

from troupe_cache_sqlite.kinds import Damaged, Kind
from troupe_core.keys import utf8

T = TypeVar("T")

LEVEL = 3
LARGEST = 64 * 2**20
"""Bytes of one value. A damaged header may ask for any amount of memory."""


class Packer:
    """Compresses and reads. For one thread."""

    def __init__(self) -> None:
        self._compress = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress
        self._decompress = zstandard.ZstdDecompressor().decompress

    def pack(self, plain: bytes) -> bytes:
        return self._compress(plain)

    def plain(self, packed: Any) -> bytes:
        """The bytes that were packed, or `Damaged`."""
        try:
            size = zstandard.frame_content_size(packed)
            if not 0 < size <= LARGEST:
                raise Damaged(f"it would have {size} bytes")
            return self._decompress(packed)
        except (zstandard.ZstdError, ValueError, TypeError, MemoryError) as error:
            raise _damaged(error) from None

    def unpack(self, packed: Any, kind: Kind[T]) -> T:
        """What they mean, or `Damaged`."""
        return self.read(self.plain(packed), kind)

    def read(self, plain: bytes, kind: Kind[T]) -> T:
        """What plain bytes mean, or `Damaged`."""
        try:
            return kind.read(plain)
        except (ValueError, TypeError, KeyError, RecursionError, MemoryError) as error:
            raise _damaged(error) from None


def _damaged(error: Exception) -> Damaged:
    return error if isinstance(error, Damaged) else Damaged(f"{type(error).__name__}: {error}")


def digest(key: bytes, kind: str, namespace: str, value: bytes) -> bytes:
    """Tells an entry that is what was written from one whose value has come under another key."""
    head = utf8(f"{kind}\0{namespace}\0")
    return blake2b(b"%b%b%b" % (key, head, value), digest_size=8, person=b"troupe-entry").digest()
