"""Pictures that go with a message: their bytes, and the digest that stands for them in keys."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from stat import S_ISREG

from msgspec import Struct
from msgspec.structs import force_setattr

from troupe_core.errors import ArgumentError
from troupe_core.keys import DIGEST_SIZE

LARGEST = 20 * 2**20
"""Bytes of one picture: more than providers take."""
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


class Image(Struct, frozen=True, eq=False, weakref=True):
    """A picture, as models can look at it. Requests are named by its digest, and never by where it came from."""

    data: bytes
    media_type: str
    """"image/png", "image/jpeg", "image/gif" or "image/webp"."""
    digest: bytes = b""

    def __post_init__(self) -> None:
        if not self.digest:
            made = blake2b(self.data, digest_size=DIGEST_SIZE, person=b"image").digest()
            force_setattr(self, "digest", made)

    @classmethod
    def of(cls, picture: bytes | Path) -> Image:
        """The picture in a file, or in bytes. What it is, is seen in its bytes, whatever the file is called."""
        if not isinstance(picture, bytes | Path):
            raise ArgumentError(f"a picture is a Path or bytes, not {type(picture).__name__}")
        if isinstance(picture, Path):
            what = f"the picture {picture}"
            try:
                found = picture.stat()
                if not S_ISREG(found.st_mode):  # reading a pipe would wait for whoever writes into it
                    raise ArgumentError(f"{what} is no file")
                _check_size(what, found.st_size)
                data = picture.read_bytes()
            except OSError as error:
                raise ArgumentError(f"{what} cannot be read: {error.strerror or error}") from None
        else:
            what, data = f"a picture of {len(picture):,} bytes", picture
        kind = next((kind for sign, kind in _KINDS.items() if data.startswith(sign)), "")
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            kind = "image/webp"
        if not kind:
            raise ArgumentError(f"{what} is no PNG, JPEG, GIF or WebP; save it as one of them")
        _check_size(what, len(data))
        return cls(data, kind)


def _check_size(what: str, size: int) -> None:
    if size > LARGEST:
        raise ArgumentError(f"{what} has {size:,} bytes; {LARGEST:,} are the most. Make it smaller")
