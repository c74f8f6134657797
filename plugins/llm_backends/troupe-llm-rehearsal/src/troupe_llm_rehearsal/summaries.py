"""What matters of a text: its weightiest sentences, in their order; and whether it says what is claimed."""

from __future__ import annotations

import re
from collections import Counter

from troupe_llm_rehearsal.reading import Line
from troupe_llm_rehearsal.stances import feeling_of
from troupe_llm_rehearsal.words import sentences, shortened, words

_MARKED = re.compile(r"^#+ .*$", re.MULTILINE)


def salient(text: str, most: int = 3) -> list[str]:
    """Those whose words come back most, neither too short nor said twice."""
    found = [each for each in dict.fromkeys(sentences(text)) if len(words(each)) >= 2] or sentences(text)[:most]
    counts = Counter(word.stem for each in found for word in set(words(each)))

    def weight(sentence: str) -> float:
        own = {word.stem for word in words(sentence)}
        return sum(counts[stem] for stem in own) / (2 + len(own)) + 0.5 * any(map(str.isdigit, sentence))

    best = sorted(range(len(found)), key=lambda at: -weight(found[at]))[:most]
    return [found[at] for at in sorted(best)]


def material(text: str) -> str:
    """The last section of a text that has headings, which is where what is to be worked on stands; else all of it."""
    marks = list(_MARKED.finditer(text))
    rest = text[marks[-1].end() :].strip() if marks else ""
    return rest or text.strip()


def memories(lines: list[Line], me: str, most: int) -> list[str]:
    """What somebody keeps of an episode: who said what, what was decided, in the first person."""
    out: list[tuple[float, int, str]] = []
    for at, line in enumerate(lines):
        kept = salient(line.text, 1)
        if not kept or line.heading in ("THINK", "DONE", "PEOPLE", "OMITTED"):
            continue
        said = shortened(kept[0].rstrip("."), 200).replace("“", "‘").replace("”", "’")
        weight = len(words(said)) / 10 + abs(feeling_of(line.text)) + any(map(str.isdigit, said))
        who = "I" if line.source == me else line.source
        told = f"{who} said: “{said}.”" if who and line.heading != "VISUAL" else f"I noticed: {said}."
        if line.heading == "THOUGHT":
            told = f"I thought: {said}."
        out.append((weight, at, told))
    best = sorted(out, key=lambda each: -each[0])[:most]
    return list(dict.fromkeys(told for _, _, told in sorted(best, key=lambda each: each[1])))


def overlap(claim: str, text: str) -> tuple[float, list[str]]:
    """Which share of a claim's words a text has, unless it denies them; and the words."""
    wanted = {word.stem: word for word in words(claim)}
    there = {word.stem: word.denied for word in words(text)}
    met = [word for stem, word in wanted.items() if stem in there]
    agreeing = [word.text for word in met if there[word.stem] == word.denied]
    return (len(agreeing) / len(wanted) if wanted else 0.5), agreeing
