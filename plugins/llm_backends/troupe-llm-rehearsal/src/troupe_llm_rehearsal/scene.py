"""A request as a scene, read by shape alone: who somebody is, by the words of a persona; what came, what was done."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import orjson

from troupe_core import LLMRequest, Stream
from troupe_llm_rehearsal.words import EVERYDAY, TOKEN, TRAITS, WORDS, Word, alike, feelings, folded, leaning, words

_CLAUSE = re.compile(r"[.;!?\n]|,? (?:but|yet|though|although|however|whereas|while) ")
VERBS = "is|are|was|were|has|have|had|should|must|can|cannot|will|would|does|do"
TAIL = rf"[,:] | (?:of|from|in|with|on|at|for|by|about|that|which|who|to|after|before|near|until|without|{VERBS}) "
_LIST = re.compile(r", (?:and |or )?| and | or |; ?")
_EDGES = re.compile(r"^\W*(?:(?:to|of|on|about) )?|[\s,]*(?: and| or)?\s*$")
PRICE = re.compile(r"[$€£¥]\s?\d[\d.,]*\b|\b\d[\d.,]*\s?(?:[$€£¥]|euros?\b|dollars?\b|pounds?\b)|\b\d+\.\d\d\b")
BIG_FIVE = {"openness": "curiosity", "conscientiousness": "care", "extraversion": "talk", "agreeableness": "warmth",
            "neuroticism": "worry"}  # fmt: skip
DEEPEST, _FELT = 12, WORDS["glad"] | WORDS["sad"]
_CARE = {"taste": (0.6, 0.4), "goal": (0.45, 0.3), "belief": (0.5, 0.35), "money": (0.3, 0.0)}
_HEADING, _SOURCE = re.compile(r"([A-Z][A-Z0-9_]*):"), re.compile(r"([^:\n]{1,60}): (?=\S)")
_SPOKEN = ("CONVERSATION", "SOCIAL", "TALK", "REACH_OUT")
_FORMS = frozenset({"actions", "cognitive_state", "memories", "properties", "$schema", "evidence"})  # of answers


class Topic(NamedTuple):
    """Something that somebody cares about, from -1 to 1: a taste, a goal, a belief, or money."""

    phrase: str
    care: float
    kind: str
    words: tuple[Word, ...]
    weights: Mapping[str, float]  # by stem

    @classmethod
    def of(cls, phrase: str, sign: float, kind: str) -> Topic:
        """How much somebody cares follows from the words. What comes before its tail weighs most."""
        least, more = _CARE[kind]
        care = least + more * Stream(0, folded(phrase), "care", 0).random()
        found = words(phrase)
        if kind == "belief" or leaning(phrase):  # the clause has its sign: what denies its verb denies no topic
            found = tuple(each._replace(denied=False) for each in found if folded(each.text) not in _FELT)
        parts = ([it.stem for it in words(part) if folded(it.text) not in _FELT] for part in re.split(TAIL, phrase))
        first, rest = next(filter(None, parts), []), 0.5 if kind == "goal" else 0.25
        full = first[-1:] if kind == "taste" else first
        sizes = {each.stem: 1 if each.stem in full else 0.5 if each.stem in first else rest for each in found}
        weights = {stem: size * (0.2 if stem in EVERYDAY else 1) for stem, size in sizes.items()}
        telling = weights.keys() - EVERYDAY or len(phrase.split()) <= 3 * (kind != "belief")  # else it says nothing
        return cls(phrase, sign * care, kind, found if telling else (), weights)


class Touch(NamedTuple):
    """A topic that a text touches: how that feels, from -1 to 1, by which word, and whether it is denied."""

    topic: Topic
    feeling: float
    text: str
    denied: bool


class Verdict(NamedTuple):
    """What somebody thinks of a text, from -1 to 1, and from -2 to 2; and why, the weightiest first."""

    score: float
    level: int
    touches: tuple[Touch, ...]


class Persona:
    """Nothing in it depends on what was asked before."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts, self.salt = facts, Stream(0, repr(facts), "view", 0).below(2**32)
        self.name = str(facts.get("name") or facts.get("full_name") or "")
        found = tuple(_leaves(facts))
        self.temper = _temper(found)
        self.topics = tuple({folded(it.phrase): it for leaf in found for it in _topics(*leaf) if it.words}.values())
        self._near: dict[str, list[tuple[Topic, Word]]] = {}
        for topic in self.topics:
            for word in topic.words:
                self._near.setdefault(word.stem if word.stem.isascii() else "", []).append((topic, word))
        self.of = lru_cache(maxsize=500)(self._of)

    def _of(self, text: str, *, spoken: bool = False) -> Verdict:
        """What this person thinks of a text. Who speaks says no about things; only what is described lacks them."""
        touches = sorted(self._touches(text, spoken), key=lambda touch: (-abs(touch.feeling), touch.topic.phrase))
        felt = [0.0, *(each.feeling for each in touches)]  # what is weak stays weak, however much there is of it
        score = math.tanh(1.6 * (max(felt) + min(felt)))
        size = (abs(score) >= 0.2) + (abs(score) >= 0.62)
        return Verdict(score, size if score > 0 else -size, tuple(touches))

    def _touches(self, text: str, spoken: bool) -> Iterator[Touch]:
        met: dict[str, list[tuple[Topic, Word, Word]]] = {}
        for word in words(text):
            for topic, own in self._near.get(word.stem if word.stem.isascii() else "", ()):
                if alike(word.stem, own.stem):
                    met.setdefault(topic.phrase, []).append((topic, own, word))
        for found in met.values():
            topic, own, word = max(found, key=lambda each: (each[0].weights[each[1].stem], len(each[2].text)))
            shared, denied = {own.stem for _, own, _ in found}, (word.denied and not spoken) != own.denied
            share = sum(topic.weights[stem] for stem in shared) / sum(topic.weights.values())
            if share > 0.99 or (share >= 0.45 and shared - EVERYDAY):
                yield Touch(topic, topic.care * share**1.5 * (-0.6 if denied else 1.0), word.text, denied)
        price = PRICE.search(text)
        if price and self.temper["thrift"] > 0:  # who is frugal hears prices
            yield Touch(Topic.of("the price", -1, "money"), -0.3, price[0], denied=False)


def _leaves(value: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Whatever a persona has, with the keys above it, empty in a list; what has a name there is of somebody else."""
    other = keys[-1:] == ("",) and isinstance(value, Mapping) and "name" in value and _meaning(keys) == (0, "life")
    if isinstance(value, Mapping | list | tuple) and len(keys) < DEEPEST and not other:
        for key, item in value.items() if isinstance(value, Mapping) else (("", each) for each in value):
            yield from _leaves(item, (*keys, str(key)))
    elif isinstance(value, str | int | float) and value != "" and keys:
        yield keys, value


@lru_cache(maxsize=2_048)
def _of_key(key: str) -> tuple[int, str]:
    """What a key says of what stands under it: 1 that it is liked, -1 disliked, 0 nothing; and of what kind it is."""
    parts = set(TOKEN.findall(folded(re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", key))))
    if parts & WORDS["disliked_keys"]:
        return -1, "taste"
    if parts & WORDS["liked_keys"]:
        return -1 if parts & WORDS["negators"] else 1, "goal" if parts & WORDS["goal_keys"] else "taste"
    return 0, "belief" if parts & WORDS["belief_keys"] else "life"


def _meaning(keys: tuple[str, ...]) -> tuple[int, str]:
    """What the innermost key says that says something."""
    return next((found for found in map(_of_key, reversed(keys)) if found != (0, "life")), (0, "life"))


def _topics(keys: tuple[str, ...], value: Any) -> Iterator[Topic]:
    (sign, kind), last = _meaning(keys), keys[-1].replace("_", " ")
    text = value.strip() if isinstance(value, str) else ""
    of_its_own = last and kind != "life" and _of_key(last) == (0, "life")
    if of_its_own and (not text or (len(text.split()) <= 4 and leaning(text) and not any(_liked(text)))):
        yield Topic.of(last, leaning(text) or sign or 1, kind)  # attitudes: {nuclear power: strongly against}
    elif sign:
        sign = -1 if len(text) > 20 and leaning(text) < 0 else sign
        yield from (Topic.of(each, sign, kind) for each in _listed(text))
    else:
        for clause in filter(str.strip, _CLAUSE.split(text)):
            lean, denies = leaning(clause), WORDS["negators"].intersection(clause.lower().split())
            half = -0.5 if denies else 0.5  # where nothing is felt
            yield from [*_liked(clause)] or ([Topic.of(clause.strip(), lean or half, kind)] if kind == "belief" else [])


def _liked(clause: str) -> Iterator[Topic]:
    """What stands after words such as loves and hates, up to the next of them."""
    for (_, end, sign), (following, *_) in pairwise([*feelings(clause), (len(clause), 0, 0)]):
        found = _EDGES.sub("", clause[end:following])
        if words(found) and len(found.split()) <= 8 and clause[:end].lower().split()[-1] in WORDS["liking"]:
            yield from (Topic.of(each, sign, "taste") for each in _listed(found))


def _listed(text: str) -> list[str]:
    """The items of a list in a sentence, if all of it is short."""
    parts = [part for part in (each.strip(" .") for each in _LIST.split(text)) if part]
    return parts if all(len(part.split()) <= 4 for part in parts) else [text]


def _temper(found: tuple[tuple[tuple[str, ...], Any], ...]) -> dict[str, float]:
    """By Big Five and words for traits, each from -1 to 1; nothing said is 0."""
    out = dict.fromkeys(TRAITS, 0.0)
    for keys, value in found:
        key, text = keys[-1], folded(str(value))
        if not key and ":" in text:  # "Openness: high" names its trait itself
            key, _, text = text.partition(":")
        axis = BIG_FIVE.get("".join(TOKEN.findall(folded(key))[:1]).replace("extro", "extra"))
        number, low = re.search(r"-?\d+(?:\.\d+)?", text), re.search(r"\b(?:low|weak|little|below|not)\b", text)
        if axis and number:  # 0.8, or 4 (of five), or 80 (of a hundred)
            out[axis] = 2 * float(number[0]) / next((m for m in (1, 5, 10, 100) if float(number[0]) <= m), 1000) - 1
        elif axis:
            out[axis] = -0.8 if low else 0.8 * ("high" in text or "strong" in text)
        elif isinstance(value, str) and _meaning(keys) == (0, "life"):  # dry wine makes nobody dry
            tokens = set(re.findall(r"[^\W_]+(?:-[^\W_]+)*", text))
            for axis, (more, less) in TRAITS.items():
                out[axis] += 0.6 * (len(tokens.intersection(more)) - len(tokens.intersection(less)))
    return {axis: max(-1.0, min(1.0, value)) for axis, value in out.items()}


class Line(NamedTuple):
    """One thing that was noticed: said by a "peer", come of an "own" action, or put to everybody by a "host"."""

    heading: str
    source: str
    text: str
    origin: str = "host"


class Scene(NamedTuple):
    """What a request tells: own `turns`, `batches` of what was noticed, the others, and if the beginning is cut off."""

    persona: Persona
    turns: Sequence[Sequence[Mapping[str, Any]]]
    batches: Sequence[Sequence[Line]]
    company: Sequence[str]
    cut: bool  # whether the beginning is out of view
    system: str
    text: str
    draw: int
    seed: int
    chance: Stream


def scene_of(request: LLMRequest, seed: int) -> Scene:
    roles = [(message.role, message.content) for message in request.messages]
    system = "\n".join(text for role, text in roles if role == "system")
    texts = [text for role, text in roles if role not in ("system", "assistant")] or [""]
    persona, turns = _persona(system), [_actions(text) for role, text in roles if role == "assistant"]
    noticed = [line for text in texts for line in _lines(text)]
    cut = any(line.heading == "OMITTED" for line in noticed)
    near = [line.text for line in noticed if line.heading == "PEOPLE" and ": " in line.text]  # the others say where
    told = [part for text in near for part in re.split("[,;]", text)]
    named = [re.sub(r" and \d+ others$| \(.*$", "", each.rpartition(": ")[2]).strip() for each in told]
    heard = list(dict.fromkeys(line.source for line in noticed if line.heading in _SPOKEN and line.source))
    company = [each for each in dict.fromkeys(named or heard[0 if cut else 1 :]) if each and each != persona.name]
    done = {act.get("type") for turn in turns for act in turn} - set(_SPOKEN)
    batches = [[line._replace(origin="own" if line.heading in done else "peer" if line.source in company else "host")
                for line in _lines(text) if line.heading not in ("PEOPLE", "OMITTED")] for text in texts]  # fmt: skip
    chance = Stream(seed, request.key.hex(), "rehearsal", 0)
    return Scene(persona, turns, batches, company, cut, system, texts[-1], request.draw, seed, chance)


@lru_cache(maxsize=512)
def _persona(system: str) -> Persona:
    """By the last JSON object that is no form of an answer. Kept, since a person asks again with the same one."""
    found: Mapping[str, Any] = {}
    decoder, end = json.JSONDecoder(strict=False), 0
    while (at := system.find("{", end)) >= 0:
        end = at + 1
        with suppress(ValueError, RecursionError):
            value, end = decoder.raw_decode(system, at)
            found = value if value and not _FORMS & value.keys() else found
    return Persona(found)


@lru_cache(maxsize=4_096)
def _lines(text: str) -> tuple[Line, ...]:
    """Items under headings. What has none is one thing that somebody said."""
    rows, heading = text.split("\n"), ""
    if not any(map(_HEADING.fullmatch, rows)):
        nothing = not text.strip() or re.fullmatch(r"\(.*\)", text.partition("\n\n")[0])
        return () if nothing else (Line("", "", text),)
    out: list[Line] = []
    for row in rows:
        if named := _HEADING.fullmatch(row):
            heading = named[1]
        elif row.startswith("- "):
            found = _SOURCE.match(row, 2) if heading in _SPOKEN else None
            out.append(Line(heading, found[1] if found else "", row[found.end() if found else 2 :]))
        elif row.startswith("  ") and out:
            out[-1] = out[-1]._replace(text=f"{out[-1].text}\n{row[2:]}")
        elif not row and heading:
            break  # what follows is how things stand, and no news
    return tuple(out)


@lru_cache(maxsize=4_096)
def _actions(text: str) -> tuple[Mapping[str, Any], ...]:
    with suppress(orjson.JSONDecodeError):
        value = orjson.loads(text)
        found = value.get("actions") if isinstance(value, dict) else None
        return tuple(each for each in found if isinstance(each, dict)) if isinstance(found, list) else ()
    return ({"type": "TALK", "content": text},)
