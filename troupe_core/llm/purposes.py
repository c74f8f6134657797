"""What models are asked for."""

from __future__ import annotations

from difflib import get_close_matches

PURPOSES = ("turn", "ask", "consolidation", "extraction", "enrichment", "casting", "minibio")
"""Those of the core; a faculty may have its own."""
ALMOST = 0.8
"""So much alike are a mistyped name and the one that was meant."""


def meant(purpose: str) -> str:
    """Which of them is meant by a name that is almost one; nothing, if it is one, or like none."""
    close = [] if purpose in PURPOSES else get_close_matches(purpose, PURPOSES, 1, ALMOST)
    return close[0] if close else ""
