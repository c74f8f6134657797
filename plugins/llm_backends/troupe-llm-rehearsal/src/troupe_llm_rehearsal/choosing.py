"""Where somebody stands on a scale, and which of several options somebody takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from troupe_core import Stream
from troupe_llm_rehearsal.lexicon import GLAD, SAD, WORDS
from troupe_llm_rehearsal.taste import Taste
from troupe_llm_rehearsal.words import folded, words

_SCALE = re.compile(r"(-?\d+)\s*(?:to|-|–|—|\.\.|through|and)\s*(-?\d+)(?!\d|[.,]\d)")
_OUT_OF = re.compile(r"out of (\d+)")

YES, NO, MIDDLE = WORDS["yes"], WORDS["no"], WORDS["middle"]
STRONG, WEAK = WORDS["strong"], WORDS["weak"]


def place(taste: Taste, text: str, chance: Stream | None = None) -> float:
    """From 0, against what the text says, to 1, for it. Who has no opinion is near the middle."""
    verdict = taste.of(text)
    known = bool(taste.persona)
    spread = (0.05 if verdict.level else 0.17) if known else 0.06
    own = "".join(sorted({word.stem for word in words(text)}))
    drawn = blake2b(taste.salt + own.encode(errors="replace"), digest_size=4, person=b"place").digest()
    noise = int.from_bytes(drawn[:2], "big") / 65535 + int.from_bytes(drawn[2:], "big") / 65535 - 1
    if chance is not None:
        noise += (chance.random() - 0.5) * 0.3
    return max(0.0, min(0.9999, 0.5 + 0.47 * verdict.score + spread * noise + taste.temper.cheer))


def on_scale(where: float, low: int, high: int) -> int:
    """A whole number from low to high."""
    return min(high, low + int(where * (high - low + 1)))


def asked_scale(text: str) -> tuple[int, int] | None:
    """The scale that a question names: from 1 to 5, out of 10."""
    found = _SCALE.search(text)
    if found and 1 < int(found[2]) - int(found[1]) <= 100 and -100 <= int(found[1]) <= 1:
        return int(found[1]), int(found[2])
    most = _OUT_OF.search(text)
    return (1, int(most[1])) if most and 2 <= int(most[1]) <= 100 else None


def choose(taste: Taste, text: str, options: Sequence[Any], where: float, chance: Stream) -> Any:
    """By how the options answer, by their order on a scale, or by what they name."""
    if not options:
        return None
    texts = [str(option) for option in options]
    tempers = [answers(each) for each in texts]
    known = [each for each in tempers if each is not None]
    if len(known) >= 2 and len(known) >= len(options) - 1 and max(known) > min(known):
        marked = [(abs((where * 2 - 1) - temper), at) for at, temper in enumerate(tempers) if temper is not None]
        return options[min(marked)[1]]
    if all(isinstance(option, int | float) and not isinstance(option, bool) for option in options):
        ordered = sorted(options)
        return ordered[on_scale(where, 0, len(ordered) - 1)]
    feelings = [taste.of(each).score for each in texts]
    if max(feelings) - min(feelings) > 0.05:
        return options[max(range(len(options)), key=lambda at: feelings[at])]
    named = {word.stem for word in words(text)}
    shared = [len(named & {word.stem for word in words(each)}) for each in texts]
    if max(shared) > min(shared):
        return options[max(range(len(options)), key=lambda at: shared[at])]
    return options[chance.below(len(options))]


def answers(option: str) -> float | None:
    """From -1, a no, to 1, a yes; None if it is neither."""
    tokens = re.findall(r"[^\W_]+(?:'t)?", folded(option.replace("_", " ")))
    if not tokens or len(tokens) > 8:
        return None
    low = set(tokens)
    if MIDDLE & low and not {"rather"} & low:
        return 0.0
    size = 1.0 if STRONG & low else 0.45 if WEAK & low else 0.8
    if NO & low or any(token in SAD or token.endswith("n't") for token in tokens):
        return -size
    return size if YES & low or any(token in GLAD for token in tokens) else None
