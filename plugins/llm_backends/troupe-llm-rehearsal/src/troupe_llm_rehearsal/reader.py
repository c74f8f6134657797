"""Reading what others have said: what they are for and why, on which scale; findings, judgements, summaries."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Any

from troupe_llm_rehearsal.scene import Scene
from troupe_llm_rehearsal.words import POOLS, WORDS, leaning, sentences, shortened, stems, words

_LINE = re.compile(r"(?m)^\[(\d+)\] ([^:\[\n]*?)(?: → [^:\[\n]*?)?(?: \[(\w+)\])?: (.*(?:\n(?!\[\d+\] |\().*)*)")
_SCALE = re.compile(r"(-?\d+)\s*(?:to|-|–|—|\.\.|through|and)\s*(-?\d+)(?!\d|[.,]\d)")
_COUNT = r"(-?\d+(?:\.\d+)?)"
_GIVING = rf"\b(?:give|rate|say|rating|score|make|it's|is) (?:it |an? |solid )*{_COUNT}(?![\w.,/]*\d)\b"
_RATED = re.compile(
    rf"(?i)\b{_COUNT}\s*(?:/|out of|on a scale)\s*{_COUNT}|^\W*{_COUNT}(?![.,]?\d)(?:[.,;:!]|\s*$)|{_GIVING}"
)
_SIGNS = {"like": 0.6, "dislike": -0.6, "spared": 0.6, "missed": -0.6, "dear": -0.4}


def key_of(template: str) -> str:
    """By which a clause of ours is known again: its longest part that is fixed."""
    return max(re.split(r"\{\w+\}", template), key=len).strip(" ,“”?").lower()


def _shape(template: str) -> re.Pattern[str]:
    before, after = re.split(r"\\\{\w\\\}", re.escape(template))[:2]
    start, end = before or "(?:^|[.;:!?–] )", after or "(?=[.;:!?,]| –|$)"
    return re.compile(f"{start}([^.;:!?–“”]{{2,60}}?){end}", re.IGNORECASE)


_STANCES = tuple((key_of(part), level / 2) for level in range(-2, 3) for part in POOLS[f"stance {level}"])
_SHAPES = tuple((key_of(part), sign, _shape(part)) for pool, sign in _SIGNS.items() for part in POOLS[pool])


@lru_cache(maxsize=4_096)
def feeling_of(text: str) -> float:
    """How far somebody who says this is for something, from -1 to 1; 0 if nothing shows it."""
    low, (rated, most) = text.lower(), rating_in(text) or (0.0, 0.0)
    if most:
        return max(-1.0, min(1.0, 2.4 * (rated / most - 0.55))) or 0.01
    found = [level for key, level in _STANCES if key in low] or [sign for key, sign, _ in _SHAPES if key in low]
    total = sum(leaning(each) for each in sentences(re.sub(r"“[^”]*”", "", text)))
    return found[0] or 0.01 if found else 0.6 * ((total > 0) - (total < 0))


@lru_cache(maxsize=4_096)
def subject_of(text: str) -> str:
    """What somebody gave as a reason; nothing if no clause of ours shows it."""
    found = (shape.search(text) for key, _, shape in _SHAPES if key in text.lower())
    return next((each[1] for each in found if each and not re.search(r"\b(?:my|I|you)\b", each[1])), "")


def rating_in(text: str) -> tuple[float, float] | None:
    """The number that somebody gives, and out of how many (0 if that is not said)."""
    found = _RATED.search(text)
    given = [float(each) for each in found.groups() if each] if found else []
    return (given[0], given[1] if given[1:] else 0.0) if given else None


def asked_scale(text: str) -> tuple[int, int] | None:
    """The scale that a question names: from 1 to 5, out of 10."""
    found, most = _SCALE.search(text), re.search(r"out of (\d+)", text)
    low, high = (int(found[1]), int(found[2])) if found else (1, int(most[1]) if most else 0)
    return (low, high) if 1 < high - low <= 100 and -100 <= low <= 1 else None


def on_scale(where: float, low: int, high: int) -> int:
    """A whole number from low to high, of a place from 0 to 1."""
    return min(high, low + int(where * (high - low + 1)))


class Reader:
    """Of a transcript only what it shows is told; with other texts something has to be said (`guesses`)."""

    def __init__(self, scene: Scene, *, judging: bool) -> None:
        parts = re.split(r"(?m)^#+ .*$", scene.text)
        self.matter = parts[-1].strip() if parts[1:] else "\n".join(line.text for line in scene.batches[-1])
        found = _LINE.findall(scene.text)
        named = {who for _, who, _, _ in found if who and who in scene.text.partition("[")[0]}
        own = [(int(number), kind, text) for number, who, kind, text in found if who in named or not named]
        said = [(number, text) for number, kind, text in own if not kind]
        self.lines = said or [(number, text) for number, kind, text in own if kind == "THINK"]
        self.felt = [(number, feeling) for number, text in self.lines if (feeling := feeling_of(text))]
        self.guesses = not found or judging
        self._told: set[str] = set()
        self._kept = iter(salient(self.matter, 5))
        self._judged = _overlap(scene.text) if judging else None

    def place(self, about: str) -> float | None:
        """How much of a claim the text has, or how those feel who speak in it, and what they have come to."""
        if self._judged is not None:
            return self._judged[0]
        if self.felt:
            return 0.5 + 0.15 * (sum(feeling for _, feeling in self.felt) / len(self.felt) + 2 * self.felt[-1][1])
        return 0.5 if self.guesses else None

    def number(self, about: str, low: float, high: float) -> float | None:
        """A rating if there are bounds; else the number that stands in a line with words of what is asked."""
        for _, text in reversed(self.lines):
            rated, plain = rating_in(text), re.search(r"-?\d+(?:[.,]\d+)?", text)
            if high - low < 1e6 and rated and low <= rated[0] <= high:
                return rated[0]
            if high - low >= 1e6 and plain and stems(about) & stems(text):
                return float(plain[0].replace(",", "."))
        return None

    def weigh(self, option: str) -> float:
        named = stems(option)
        return sum(1 + feeling_of(text) for _, text in self.lines if named and named <= stems(text))

    def say(self, about: str) -> str:
        """Of a transcript the sentence that has most to do with what is asked; else what matters most of the text."""
        if self._judged is not None:
            return f"Of what is claimed, the text has: {', '.join(self._judged[1][:4]) or 'nothing'}."
        if self.guesses:
            return next(self._kept, "")
        lean, wanted = leaning(about), stems(about)
        tells, least = (1.5, 0.1) if lean or (WORDS["why"] | WORDS["answer"]) & set(about.lower().split()) else (0.5, 0)
        stand = lean or (least and (self.place(about) or 0.5) - 0.5)  # a reason is one for what they have come to
        fits = {each: 2 * len(wanted & stems(each)) + abs(felt) * tells / (1 + bool(rating_in(each))) + least
                for _, text in self.lines for each in sentences(text)
                if (felt := feeling_of(each)) * stand >= (1e-9 if lean else 0)}  # fmt: skip
        self._told.add(best := max(fits, key=lambda it: (fits[it] > 0 and it not in self._told, fits[it]), default=""))
        return best if fits.get(best) else ""

    def proof(self, about: str, value: Any) -> tuple[list[int], float]:
        """The lines that have what was found; else those that feel like it."""
        if value in (None, "", []):
            return [], 0.0
        given = rating_in(str(value).replace(" of ", "/")) or (value, 0)
        rated = [number for number, text in self.lines if (rating_in(text) or [None])[0] == given[0]]
        if rated and not isinstance(value, bool):
            return rated[-1:], 0.9
        texts, named = value if isinstance(value, list) else [str(value)], stems(str(value))
        shown = [number for number, text in self.lines if any(len(each) > 3 and each in text for each in texts)]
        shown = shown or [number for number, text in self.lines if named and named <= stems(text)]
        lean = (self.place(about) or 0.5) - 0.5
        return shown or [number for number, feeling in self.felt if feeling * lean > 0 or abs(lean) < 0.05], 0.6


def salient(text: str, most: int) -> list[str]:
    """The sentences whose words come back most, neither too short nor said twice, in their order."""
    found = [each for each in dict.fromkeys(sentences(text)) if len(words(each)) >= 2] or list(sentences(text))[:most]
    counts = Counter(stem for each in found for stem in stems(each))
    best = sorted(found, key=lambda each: -sum(counts[stem] for stem in stems(each)) / (2 + len(stems(each))))[:most]
    return [each for each in found if each in best]


def _overlap(text: str) -> tuple[float, list[str]]:
    """Which share of a claim's words stands in the longest part of a text, unless it denies them; and the words."""
    parts = text.split("\n\n")
    longest = max(parts, key=len)
    wanted = {word.stem: word for part in parts if part is not longest for word in words(part)}
    there = {word.stem: word.denied for word in words(longest)}
    met = [word.text for stem, word in wanted.items() if there.get(stem) == word.denied]
    return (min(0.99, len(met) / len(wanted)) if wanted else 0.5), met


def memories(scene: Scene, most: int) -> list[str]:
    """What somebody keeps of an episode: of those who speak, whoever is named first before the first line."""
    head = scene.text.partition("\n\n")[0]
    me = min((it.source for it in scene.batches[-1] if it.source and it.source in head), key=head.index, default="")
    out: dict[str, float] = {}
    for line in scene.batches[-1]:
        kept = salient(line.text, 1) if line.heading not in ("THINK", "DONE") else []
        said = shortened("".join(kept).rstrip("."), 200).replace("“", "‘").replace("”", "’")
        told = {"VISUAL": f"I noticed: {said}.", "THOUGHT": f"I thought: {said}."}
        whole = told.get(line.heading, f"{'I' if line.source == me else line.source} said: “{said}.”")
        out |= {whole: len(words(said)) + 10 * abs(feeling_of(line.text))} if said else {}
    best = sorted(out, key=lambda told: -out[told])[:most]
    return [told for told in out if told in best]
