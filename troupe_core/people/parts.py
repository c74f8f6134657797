"""A part of a state: frozen, with a digest that is made at most once, and only if somebody asks."""

from __future__ import annotations


class Part:
    """Base of parts. A changed copy starts without a digest, since the digest is not one of its fields."""

    __slots__ = ("_digest",)

    _digest: bytes

    def _make_digest(self) -> bytes:
        raise NotImplementedError

    @property
    def digest(self) -> bytes:
        """The name of this value by its content."""
        try:
            return self._digest
        except AttributeError:
            made = self._make_digest()
            object.__setattr__(self, "_digest", made)
            return made
