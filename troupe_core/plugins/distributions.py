"""Which of our own distributions brings what, so that an error can say what to install."""

from __future__ import annotations

from collections.abc import Sequence

from troupe_core.plugins.origin import LeftOut, Origin

OURS: dict[tuple[str, str], str] = {
    ("command", "chat"): "troupe-chat",
    ("command", "init"): "troupe-study",
    ("command", "prompt"): "troupe-study",
    ("command", "run"): "troupe-study",
    ("command", "show"): "troupe-study",
    ("enricher", "audience"): "troupe-enricher-audience",
    ("extractor", "results"): "troupe-extractor-results",
    ("faculty", "mood"): "troupe-faculty-mood",
    ("faculty", "recall"): "troupe-faculty-recall",
    ("LLM backend", "litellm"): "troupe-llm-litellm",
    ("LLM backend", "openai"): "troupe-llm-openai",
    ("LLM backend", "rehearsal"): "troupe-llm-rehearsal",
    ("LLM backend", "scripted"): "troupe-testing",
    ("LLM cache", "any"): "troupe-cache-sqlite",
    ("tool", "notes"): "troupe-tool-notes",
    ("wrapper", "cache-sqlite"): "troupe-cache-sqlite",
    ("wrapper", "resilience"): "troupe-resilience",
}


def advice(kind: str, name: str, left_out: Sequence[LeftOut]) -> list[str]:
    """What to do about something that is missing, and what was left out: first of all what is likely to bring it."""
    distribution = OURS.get((kind, name))
    likely = [each for each in left_out if _brings(each.origin, distribution, name)]
    others = [f"Left out: {each}." for each in left_out if each not in likely]
    if likely:
        return [f"What {'brings' if distribution else 'may bring'} it is left out: {each}." for each in likely] + others
    if distribution:
        return [f"Install it: pip install {distribution}.", *others]
    return ["Is the plugin that brings it installed?", *others]


def _brings(origin: Origin, distribution: str | None, name: str) -> bool:
    if distribution:
        return origin.distribution == distribution
    return any(own == name or own.endswith(f"-{name}") for own in origin.names)
