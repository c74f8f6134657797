"""What was found."""

from __future__ import annotations

from typing import Any, Literal

import attrs


@attrs.frozen
class Finding:
    """One thing, and what to do about it."""

    level: Literal["ok", "warning", "problem"]
    about: str
    text: str
    advice: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return attrs.asdict(self)


def ok(about: str, text: str, advice: str = "") -> Finding:
    return Finding("ok", about, text, advice)


def warning(about: str, text: str, advice: str) -> Finding:
    return Finding("warning", about, text, advice)


def problem(about: str, text: str, advice: str = "") -> Finding:
    return Finding("problem", about, text, advice)
