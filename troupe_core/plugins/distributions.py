"""Which of our own distributions brings what, so that an error can say what to install."""

from __future__ import annotations

OURS: dict[tuple[str, str], str] = {
    ("faculty", "recall"): "troupe-faculty-recall",
    ("LLM backend", "scripted"): "troupe-testing",
    ("LLM cache", "any"): "troupe-cache-sqlite",
}


def advice(kind: str, name: str) -> str:
    """What to do about something that is missing."""
    distribution = OURS.get((kind, name))
    return f"Install it: pip install {distribution}." if distribution else "Is the plugin that brings it installed?"
