"""What somebody thinks of a text, by the words of a persona: which of them stand in it, and whether they are liked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import attrs

from troupe_llm_rehearsal.lexicon import (
    BELIEF_KEYS,
    CHEAP,
    DEAR,
    DISLIKED_KEYS,
    GLAD,
    GOAL_KEYS,
    LIKED_KEYS,
    NEGATORS,
    NOT_LIKED,
    SAD,
)
from troupe_llm_rehearsal.temper import Temper
from troupe_llm_rehearsal.words import Word, folded, likeness, words

_CLAUSE = re.compile(r"[^.;!?\n]+")
_KEY = re.compile(r"[^\W\d_]+(?:'t)?")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PREPOSITION = re.compile(
    r" (?:of|from|in|with|on|at|for|by|about|that|which|who|to|after|before|near|without) ", re.IGNORECASE
)
_VERBS = (
    r"(?:really |simply |just |do(?:es)? not |don't |doesn't )*(?:love|like|enjoy|adore|prefer|hate|dislike|detest"
    r"|loathe|fear|avoid|cannot stand|can't stand|cannot bear|can't bear|(?:is|am|'m|are) "
    r"(?:fond|afraid|scared|allergic|keen|tired|proud|passionate)(?: of| to| on| about)?)(?:e?s|d)?"
)
_BUT = re.compile(
    rf",? (?:but|yet|though|although|however|whereas|while) |(?:, (?:and |or )?| and | or )(?={_VERBS} )", re.IGNORECASE
)
_OBJECT = re.compile(rf"^(?:[\w ]{{0,30}}? )?{_VERBS} (?:to )?(.+)$", re.IGNORECASE)
_LIST = re.compile(r", (?:and |or )?| and | or |; ?")
_NUMBERS = re.compile(
    r"[$€£¥]\s?\d+(?:[.,]\d+)*|\d+(?:[.,]\d+)*\s?(?:[$€£¥]|euros?\b|dollars?\b|pounds?\b)|\b\d+\.\d\d\b"
)
MOST_TOPICS = 400
_FEELINGS = GLAD | SAD
MOST_KNOWN = 500
_FACTS = frozenset(
    ["name", "age", "gender", "sex", "birth", "date", "id", "nationality", "country", "residence", "city", "title"]
)


@lru_cache(maxsize=4_096)
def leaning(text: str) -> int:
    """Whether a clause speaks for something (1), against it (-1) or neither, by words such as like, hate, allergic."""
    low = folded(text).replace("’", "'")
    if any(phrase in low for phrase in NOT_LIKED):
        return -1
    sign, denied, tokens = 0, False, re.findall(r"[^\W_]+(?:'t)?", low)
    for token in tokens:
        if token in NEGATORS or token.endswith("n't"):
            denied = True
        elif token in GLAD or token in SAD:
            sign += (1 if token in GLAD else -1) * (-1 if denied else 1)
            denied = False
    return (sign > 0) - (sign < 0)


def _stirs(clause: str) -> bool:
    """Whether there is a word for or against something in it at all."""
    low = folded(clause).replace("’", "'")
    return not _FEELINGS.isdisjoint(re.findall(r"[^\W_]+", low)) or any(phrase in low for phrase in NOT_LIKED)


@attrs.frozen(slots=True)
class Topic:
    """Something that somebody cares about: `care` says how much, from -1 to 1."""

    phrase: str
    care: float
    kind: str
    """"taste", "goal", "belief" or "life": what stands in no list of likes, and says little."""
    words: tuple[Word, ...]
    head: frozenset[str] = frozenset()
    """The stems before the first preposition: what it is, of tomatoes from an uncle."""

    def share(self, stems: Mapping[str, float]) -> float:
        """How much of it these words are, each so much like its own."""
        weights = {word.stem: 1.0 if word.stem in self.head else 0.5 for word in self.words}
        return sum(weights[stem] * alike for stem, alike in stems.items()) / sum(weights.values())


@attrs.frozen(slots=True)
class Touch:
    """A topic that a text has touched: by which of its words, and how that feels, from -1 to 1."""

    topic: Topic
    feeling: float
    text: str
    whole: bool = True
    """Whether the text is about the topic itself, and not about a part of its words."""

    @property
    def denied(self) -> bool:
        """What is liked is missing, or what is disliked."""
        return self.feeling * self.topic.care < 0


@attrs.frozen(slots=True)
class Verdict:
    """From -1, against it, to 1, for it; and why, the weightiest first."""

    score: float
    touches: tuple[Touch, ...] = ()

    @property
    def level(self) -> int:
        """From -2 to 2."""
        size = 0 if abs(self.score) < 0.12 else 1 if abs(self.score) < 0.62 else 2
        return size if self.score > 0 else -size


class Taste:
    """Of one persona. Nothing in it depends on what was asked before."""

    def __init__(self, persona: Mapping[str, Any]) -> None:
        self.persona = persona
        self.salt = blake2b(repr(persona).encode(errors="replace"), digest_size=8, person=b"persona").digest()
        """What tells it from others."""
        self.temper = Temper.of(persona)
        found: dict[str, Topic] = {}
        for topic in _topics(persona):
            key = folded(topic.phrase)
            if topic.words and (key not in found or abs(found[key].care) < abs(topic.care)):
                found[key] = topic
        self.topics = tuple(found.values())[:MOST_TOPICS]
        self._known: dict[tuple[str, bool], Verdict] = {}
        self._by_stem: dict[str, list[tuple[Topic, Word]]] = {}
        self._foreign: list[tuple[Topic, Word]] = []
        for topic in self.topics:
            for word in topic.words:
                if word.stem.isascii():
                    for key in {word.stem, word.weak} - {""}:
                        self._by_stem.setdefault(key, []).append((topic, word))
                else:
                    self._foreign.append((topic, word))

    def of(self, text: str, *, spoken: bool = False) -> Verdict:
        """What this person thinks of a text. Who speaks says no about things; only what is described lacks them."""
        known = self._known.get((text, spoken))
        if known is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            known = self._known[text, spoken] = self._of(text, spoken)
        return known

    def _of(self, text: str, spoken: bool) -> Verdict:
        best: dict[str, dict[str, tuple[float, bool, str]]] = {}
        topics: dict[str, Topic] = {}
        for word in words(text):
            for topic, own in self._near(word):
                alike = likeness(word, own)
                if alike:
                    topics[topic.phrase] = topic
                    met = best.setdefault(topic.phrase, {})
                    if own.stem not in met or met[own.stem][0] < alike:
                        met[own.stem] = (alike, (word.denied and not spoken) != own.denied, word.text)
        touches = [_touch(topics[phrase], met) for phrase, met in best.items()]
        touches += self._of_money(text)
        touches.sort(key=lambda touch: (-abs(touch.feeling), touch.topic.phrase))
        total = sum(touch.feeling for touch in touches)
        return Verdict(math.tanh(1.5 * total), tuple(touches))

    def _near(self, word: Word) -> Sequence[tuple[Topic, Word]]:
        if not word.stem.isascii():
            return self._foreign
        found = self._by_stem.get(word.stem, ())
        return [*found, *self._by_stem.get(word.weak, ())] if word.weak else found

    def _of_money(self, text: str) -> list[Touch]:
        """Who is frugal hears prices."""
        if self.temper.thrift <= 0:
            return []
        low = set(folded(text).split())
        stripped = {each.strip(".,;:!?") for each in low}
        price = _NUMBERS.search(text)
        if stripped & CHEAP:
            return [Touch(_BARGAIN, 0.35, (stripped & CHEAP).pop())] if len(stripped & CHEAP) == 1 else []
        if stripped & DEAR or price:
            return [Touch(_PRICE, -0.3 if price is None or stripped & DEAR else -0.15, price[0] if price else "that")]
        return []


_PRICE = Topic("the price", -0.3, "money", ())
_BARGAIN = Topic("a bargain", 0.3, "money", ())


def _touch(topic: Topic, met: Mapping[str, tuple[float, bool, str]]) -> Touch:
    share = topic.share({stem: alike for stem, (alike, _, _) in met.items()})
    _, denied, text = max(met.values(), key=lambda each: (each[0], len(each[2])))
    feeling = topic.care * share**0.7 * (-0.6 if denied else 1.0)
    return Touch(topic, feeling, text, share >= 0.6)


def _topics(persona: Mapping[str, Any]) -> Iterator[Topic]:
    yield from _within(persona, 0, "life", 0)


def _within(value: Any, sign: int, kind: str, depth: int) -> Iterator[Topic]:
    """`sign` is what the keys above say: 1 liked, -1 disliked, 0 nothing."""
    if depth > 12:
        return
    if isinstance(value, Mapping):
        for key, item in value.items():
            own, sort = _of_key(str(key))
            if kind == "life" and sort == "life" and _KEY.findall(str(key).lower())[-1:] and own is None:
                last = _KEY.findall(str(key).lower())[-1]
                if last in _FACTS:
                    continue
            if own is None and kind != "life" and isinstance(item, str) and leaning(item):
                yield _topic(str(key).replace("_", " "), leaning(item), kind)
            else:
                yield from _within(item, sign if own is None else own, kind if sort == "life" else sort, depth + 1)
                if own is None and sign and not isinstance(item, str | list | Mapping):
                    yield _topic(str(key).replace("_", " "), _of_number(item, sign), kind)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _within(item, sign, kind, depth + 1)
    elif isinstance(value, str) and value.strip():
        yield from _of_text(value.strip(), sign, kind)


def _of_key(key: str) -> tuple[int | None, str]:
    parts = [folded(each) for each in _KEY.findall(_HUMP.sub(" ", key).replace("_", " "))]
    against = any(each in DISLIKED_KEYS for each in parts)
    liked = any(each in LIKED_KEYS for each in parts)
    if against:
        return -1, "taste"
    if liked:
        turned = any(each in NEGATORS or each in ("least", "dont") or each.endswith("n't") for each in parts)
        return (-1 if turned else 1), "goal" if GOAL_KEYS.intersection(parts) else "taste"
    return (0, "belief") if any(each in BELIEF_KEYS for each in parts) else (None, "life")


def _of_number(value: Any, sign: int) -> int:
    return sign if not isinstance(value, int | float) or value > 0 else -sign


def _of_text(text: str, sign: int, kind: str) -> Iterator[Topic]:
    if sign:
        turned = -sign if sign > 0 and len(text) > 20 and leaning(text) < 0 else sign
        for each in _listed(text):
            yield _topic(each, turned, kind)
        return
    for clause in _CLAUSE.findall(text):
        whole = not _stirs(clause) or (kind == "belief" and not _OBJECT.match(clause.strip()))
        for part in [clause] if whole else _BUT.split(clause):
            said = part.strip()
            lean = leaning(said)
            named = _OBJECT.match(said) if lean else None
            if lean and named and len(named[1].split()) <= 8:
                for each in _listed(named[1]):
                    yield _topic(each, lean, "taste")
            elif lean or kind == "belief":
                yield _topic(said, lean or 1, "belief")
            elif len(said) < 80:
                yield _topic(said, 1, "life")


def _listed(text: str) -> list[str]:
    """The items of a list in a sentence, if all of it is short."""
    parts = [part.strip(" .") for part in _LIST.split(text)]
    return [part for part in parts if part] if all(len(part.split()) <= 4 for part in parts) else [text]


_CARE = {"taste": (0.6, 0.4), "goal": (0.45, 0.3), "belief": (0.5, 0.35), "life": (0.12, 0.08)}


def _topic(phrase: str, sign: int, kind: str) -> Topic:
    """How much somebody cares is nobody's choice: it follows from the words."""
    least, more = _CARE[kind]
    care = least + more * blake2b(folded(phrase).encode(), digest_size=1, person=b"care").digest()[0] / 255
    found = words(phrase)
    if kind == "belief" or leaning(phrase):  # the clause has its sign already: what denies its verb denies no topic
        found = tuple(word._replace(denied=False) for word in found if folded(word.text) not in _FEELINGS)
    before = _PREPOSITION.split(phrase, maxsplit=1)[0]
    head = frozenset(word.stem for word in (found if before == phrase else words(before)))
    return Topic(phrase, sign * care, kind, found, head or frozenset(word.stem for word in found))
