"""What came in, as a test looks at it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

SECRET_HEADERS = frozenset({"authorization", "api-key", "x-api-key"})
SHOWN = 4
"""So many characters of a key are left, to tell one from another."""


@attrs.frozen(eq=False)
class Request:
    """One request. Of keys only the last four characters are kept."""

    number: int
    """Counts from 1, in the order of arrival."""
    method: str
    path: str
    """Without the query."""
    query: str
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: Any
    """The JSON that was sent; text, if it is none; None, if nothing was sent."""
    time: float
    """Seconds since the epoch."""


def masked(value: str) -> str:
    """A key by its last characters; of one that is hardly longer, nothing."""
    return f"…{value[-SHOWN:]}" if len(value) > 2 * SHOWN else "…"


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: masked(value) if name in SECRET_HEADERS else value for name, value in headers.items()}


def key_in(headers: Mapping[str, str]) -> str:
    """The key, as OpenAI's clients send it, or as Azure's do."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("api-key", "")
