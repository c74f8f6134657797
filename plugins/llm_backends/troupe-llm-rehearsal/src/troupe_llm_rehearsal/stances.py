"""How far a speaker is for or against something, by the words that were said."""

from __future__ import annotations

import re
from functools import lru_cache

from troupe_llm_rehearsal.phrases import POOLS
from troupe_llm_rehearsal.taste import leaning
from troupe_llm_rehearsal.words import sentences

_NUMBERS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
_COUNT = rf"(-?\d+(?:\.\d+)?|{'|'.join(_NUMBERS)})"
_RATED = (
    re.compile(rf"\b{_COUNT}\s*(?:/|out of|on a scale)\s*{_COUNT}", re.IGNORECASE),
    re.compile(
        r"\b(?:give|rate|say|rating|score|a|make it|it's|is)\s+(?:it\s+)?(?:an?\s+)?(?:solid\s+)?"
        rf"{_COUNT}(?![\w.,/]*\d)\b",
        re.IGNORECASE,
    ),
    re.compile(rf"^\W*{_COUNT}(?:[.,;:!]|\s*$)", re.IGNORECASE),
)
_QUOTED = re.compile(r"“[^”]*”")
_KNOWN = tuple((phrase.lower(), level) for level in range(-2, 3) for phrase in POOLS[f"stance {level}"])
_FRAMES = tuple(
    (max(part.split("{x}"), key=len).strip(" ,").lower(), sign)
    for sign, pool in ((1, "like"), (-1, "dislike"))
    for part in POOLS[pool]
)


@lru_cache(maxsize=4_096)
def feeling_of(text: str) -> float:
    """From -1 to 1; 0 if nothing shows it."""
    low = text.lower()
    known = [level / 2 for phrase, level in _KNOWN if phrase in low]
    if known:
        return known[0] or 0.01
    framed = [0.6 * sign for frame, sign in _FRAMES if frame in low]
    if framed:
        return framed[0]
    given = rating_in(text)
    if given is not None and given[1]:
        return max(-1.0, min(1.0, 2.4 * (given[0] / given[1] - 0.55))) or 0.01
    signs = [leaning(each) for each in sentences(_QUOTED.sub("", text))]
    return 0.6 * (sum(signs) > 0) - 0.6 * (sum(signs) < 0)


def stance_of(text: str) -> int:
    """-1, 0 or 1, by a rating if there is one."""
    given = rating_in(text)
    if given is not None and given[1]:
        return (given[0] / given[1] > 0.6) - (given[0] / given[1] < 0.5)
    found = feeling_of(text)
    return (found > 0.1) - (found < -0.1)


def rating_in(text: str) -> tuple[float, float] | None:
    """The number that somebody gives, and out of how many (0 if that is not said)."""
    for shape in _RATED:
        found = shape.search(text)
        if found:
            most = _value(found[2]) if shape.groups > 1 else 0.0
            return _value(found[1]), most
    return None


def _value(text: str) -> float:
    return float(_NUMBERS.get(text.lower(), text))
