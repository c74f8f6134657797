"""How somebody is, as far as a persona says so: Big Five and words for traits, each from -1 to 1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from troupe_llm_rehearsal.lexicon import BIG_FIVE, DISLIKED_KEYS, LIKED_KEYS, TRAITS
from troupe_llm_rehearsal.words import folded

_MORE = re.compile(r"\b(?:very high|high|strong|very|above average|hoch)\b")
_LESS = re.compile(r"\b(?:very low|low|weak|little|below average|not|niedrig)\b")


@attrs.frozen(slots=True)
class Temper:
    """Nothing said is 0."""

    warmth: float = 0.0
    talk: float = 0.0
    curiosity: float = 0.0
    worry: float = 0.0
    care: float = 0.0
    thrift: float = 0.0

    @classmethod
    def of(cls, persona: Mapping[str, Any]) -> Temper:
        found: dict[str, float] = {}
        for key, text in _texts(persona, "", 0):
            named = next((trait for word, trait in BIG_FIVE.items() if key.startswith(word)), None)
            if named is not None:
                found[named] = _level(text)
                continue
            tokens = set(re.findall(r"[^\W_]+(?:-[^\W_]+)*", folded(text)))
            for trait, (more, less) in TRAITS.items():
                found[trait] = found.get(trait, 0.0) + 0.6 * (len(tokens & more) - len(tokens & less))
        return cls(**{name: max(-1.0, min(1.0, value)) for name, value in found.items()})

    @property
    def cheer(self) -> float:
        """What it adds to whatever somebody thinks of a thing."""
        return 0.06 * self.warmth - 0.06 * self.worry


def _texts(value: Any, key: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > 8:
        return
    if isinstance(value, Mapping):
        for name, item in value.items():
            own = folded(str(name))
            if own not in LIKED_KEYS and own not in DISLIKED_KEYS:  # dry wine makes nobody dry
                yield from _texts(item, own, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, "", depth + 1)  # "Openness: high" names its trait itself
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, str) and ":" in value and not key:
        name, _, rest = value.partition(":")
        yield folded(name.strip()), rest
    elif isinstance(value, str | int | float) and (isinstance(value, str) or key.startswith(tuple(BIG_FIVE))):
        yield key, str(value)


def _level(text: str) -> float:
    """Of "high", 0.8, 4 (of five) or 80 (of a hundred)."""
    number = re.search(r"-?\d+(?:\.\d+)?", text)
    if number:
        value = float(number[0])
        whole = 1.0 if value <= 1 else 5.0 if value <= 5 else 10.0 if value <= 10 else 100.0
        return max(-1.0, min(1.0, 2 * value / whole - 1))
    low = folded(text)
    return 0.8 if _MORE.search(low) and not _LESS.search(low) else -0.8 if _LESS.search(low) else 0.0
