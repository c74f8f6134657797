"""Numbers and names in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from troupe_presenter import counted

__all__ = ["ANSWER", "counted", "listed"]

ANSWER = "answer"
"""The field in which what somebody says stands, whatever they are asked."""


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names, at most so many, and how many more there are."""
    return (
        ", ".join(names) if len(names) <= most else f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    )
