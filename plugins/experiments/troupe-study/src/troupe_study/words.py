"""Numbers and names in sentences."""

from __future__ import annotations

from collections.abc import Sequence

_MANY = {"person": "people"}


def counted(number: int, what: str) -> str:
    """So many of something: "1 call", "2,000 calls"."""
    return f"{number:,} {what if number == 1 else _MANY.get(what, f'{what}s')}"


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names, at most so many, and how many more there are."""
    return (
        ", ".join(names) if len(names) <= most else f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    )
