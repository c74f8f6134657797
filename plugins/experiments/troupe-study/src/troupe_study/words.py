"""Numbers and names in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from troupe_presenter import counted

__all__ = ["ANSWER", "THOUGHT", "briefly", "counted", "listed"]

_CAUSE = re.compile(r": (?=[A-Z]\w*: )")
"""What stands between who has failed and why, of which the kind of the error comes first."""
ANSWER = "answer"
"""The field in which what somebody says stands, whatever they are asked."""
THOUGHT = "THINK"
"""The type of what people do of which nobody hears."""


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names, at most so many, and how many more there are."""
    return (
        ", ".join(names) if len(names) <= most else f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    )


def briefly(failures: Iterable[object]) -> Iterator[str]:
    """Each of them by name, and a reason that many have in common in full for the first one only."""
    said: set[str] = set()
    for failure in map(str, failures):
        who, *cause = _CAUSE.split(failure, maxsplit=1)
        if cause and cause[0] in said:
            yield f"{who}: {cause[0].partition(':')[0]}, as above"
        else:
            said.update(cause)
            yield failure
