"""What models are asked for."""

from __future__ import annotations

from collections.abc import Sequence

PURPOSES = ("turn", "ask", "consolidation", "extraction", "enrichment", "casting", "minibio")
"""Those of the core; a faculty may have its own."""
AS_THEMSELVES = frozenset({"turn", "ask", "consolidation"})
"""Those for which people's own models are asked, where they have one."""
ALMOST = 0.8
"""So much alike are a mistyped name and the one that was meant."""
NEAR = 0.6
"""And so much those that may be meant."""


def doubt(purpose: str, known: Sequence[str] = PURPOSES) -> str:
    """In words, that what is said for this purpose may do nothing; nothing, if it is one of these."""
    if purpose in known:
        return ""
    from difflib import get_close_matches  # at first use: most names are right

    close = get_close_matches(purpose, known, 2, NEAR)
    others = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known)}"
    return f"only a faculty could have such a purpose, else this does nothing; {others}"


def meant(purpose: str) -> str:
    """Which of them is meant by a name that is almost one; empty if it is one, or like none."""
    if purpose in PURPOSES:
        return ""
    from difflib import get_close_matches

    close = get_close_matches(purpose, PURPOSES, 1, ALMOST)
    return close[0] if close else ""
