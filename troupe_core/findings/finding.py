"""One finding as somebody draws it, before the program has looked whether it holds."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any, TypeAlias

import attrs

from troupe_core.events import NO_DATA, Fact
from troupe_core.findings.transcript import Line

Cited: TypeAlias = Line | Fact | int
"""A line, the event in it, or its number."""


@attrs.frozen
class Finding:
    """Values by field, how sure each is (1 where nothing is said), and the lines that show it. `seen` are the numbers
    of the lines that were read, if not all of them: no other one can show anything.
    """

    values: Mapping[str, Any]
    confidence: Mapping[str, float] = NO_DATA
    evidence: Mapping[str, Sequence[Cited]] = NO_DATA
    seen: Container[int] | None = None
