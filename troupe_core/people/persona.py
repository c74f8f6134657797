"""A persona: the data that describes a person, kept as the very bytes that the model reads.

Compact JSON in UTF-8 costs the fewest tokens, loses nothing (types, order, unknown keys), and needs no rendering.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import orjson

from troupe_core.errors import ArgumentError, JournalError
from troupe_core.keys import digest, plain

if TYPE_CHECKING:
    from troupe_core.llm.response import Written


class Persona:
    """Frozen. Equal personas of one simulation are one object."""

    __slots__ = ("__weakref__", "_load", "_raw", "biographies", "digest", "prompt_digest")

    def __init__(self, raw: bytes) -> None:
        self._raw: bytes | None = raw
        self._load: Callable[[bytes], bytes] | None = None
        self.digest = digest(b"persona", raw)
        # The digest of the whole system message, with the rules it was made for: a memo of the prompt's.
        self.prompt_digest: tuple[object, bytes] | None = None
        self.biographies: dict[str, Written] | None = None
        """What models have written of it, by what was required of them: a memo too."""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Persona:
        if not isinstance(data, Mapping):
            raise ArgumentError(f"a persona is a mapping from names to plain values, not {type(data).__name__}")
        try:
            written = orjson.dumps(plain(data, "persona"))
            return cls(bytes(memoryview(written)))  # a copy of just that size; orjson's has room at its end
        except (TypeError, RecursionError) as error:
            deep = isinstance(error, RecursionError) or str(error) == "Recursion limit reached"
            why = "it contains itself, or is nested too deeply" if deep else error
            raise ArgumentError(f"the persona cannot be written as JSON: {why}") from None

    @classmethod
    def kept(cls, name: bytes, load: Callable[[bytes], bytes]) -> Persona:
        """One that lies in a journal, under its digest, until somebody looks at it."""
        made = cls.__new__(cls)
        made.digest, made._load, made._raw, made.prompt_digest, made.biographies = name, load, None, None, None
        return made

    def let_go(self, load: Callable[[bytes], bytes]) -> None:
        """Become a mere name, since the journal has the rest."""
        self._load, self._raw, self.prompt_digest, self.biographies = load, None, None, None

    @property
    def raw(self) -> bytes:
        """What the model reads."""
        raw = self._raw
        if raw is None:
            assert self._load is not None  # noqa: S101 - one of the two is there
            raw = self._load(self.digest)
            if digest(b"persona", raw) != self.digest:
                raise JournalError(
                    f"the persona {self.digest.hex()} in the journal is not what was recorded; it now reads: "
                    f"{raw.decode(errors='replace')}"
                )
            self._raw = raw
        return raw

    def data(self) -> dict[str, Any]:
        """A fresh copy, to change and make another persona of."""
        parsed: dict[str, Any] = orjson.loads(self.raw)
        return parsed

    def view(self) -> Mapping[str, Any]:
        """The same, read-only all the way down."""
        view: Mapping[str, Any] = frozen(self.data())
        return view

    def get(self, path: str) -> Any:
        """What stands at a dotted path, or None."""
        node: Any = self.data()
        for key in path.split("."):
            if not isinstance(node, dict) or key not in node:
                return None
            node = node[key]
        return frozen(node)

    def __repr__(self) -> str:
        return f"<Persona {self.digest.hex()[:8]}>"


def frozen(value: Any) -> Any:
    """Plain data, read-only all the way down."""
    if isinstance(value, dict):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    if isinstance(value, list):
        return tuple(frozen(item) for item in value)
    return value
