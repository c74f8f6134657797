"""One person's voice: sentences that are composed of many small parts, none of them said before by anybody."""

from __future__ import annotations

import re

from troupe_core import Stream
from troupe_llm_rehearsal.life import Life
from troupe_llm_rehearsal.phrases import POOLS
from troupe_llm_rehearsal.reading import Scene
from troupe_llm_rehearsal.taste import Taste, Topic, Touch, Verdict
from troupe_llm_rehearsal.words import beginning, sentences, spelled

_MINE = re.compile(r"\b(?:her|his|their|your)\b(?= \w)")
_NATION = re.compile(r"\w+(?:ish|ese|ian|ean|nch|tch|rman|ican) ")
_MYSELF = re.compile(r"\b(?:herself|himself|themselves|themself)\b")
_CLAUSE_LIKE = re.compile(r"\b(?:is|are|was|has|have|had|should|must|can|will|would|does|do|he|she|they|I)\b")


class Voice:
    """Says what it is told to say in words of its own, and remembers them."""

    def __init__(self, scene: Scene, chance: Stream) -> None:
        self.taste: Taste = scene.taste
        self.life = Life.of(scene.persona)
        self.chance = chance
        self.spoken = scene.said()
        self.begun = scene.begun()
        self._counted, self._everything = 0, ""
        names = sorted({scene.name, *scene.company})
        self._place, self._seats = names.index(scene.name), len(names)
        self._used: set[str] = set()
        self._named: set[str] = set()
        self.told: set[str] = set()
        """What a form has been told already."""

    # -- parts --------------------------------------------------------------------------------------------------------

    def clause(self, name: str, /, *, again: bool = False, **slots: object) -> str:
        """One of a pool that nobody has begun a sentence with yet, or nothing. Those around a table do not draw from
        the same part of a pool, as long as there is enough, so that two who speak at once do not say the same. `again`:
        who is asked has to say something, if need be what has been said.
        """
        order = list(POOLS[name])
        if "x" not in slots and len(order) >= self._seats and not again:  # x is somebody's own
            order = order[self._place :: self._seats]
        self.chance.shuffle(order)
        for part in order:
            made = part.format(**slots)
            first = beginning(spelled(made))
            if part not in self._used and (again or (first not in self.begun and not self._is_in(made))):
                self._used.add(part)
                self.begun.add(first)
                return made
        return ""

    def _is_in(self, clause: str) -> bool:
        """Whether it has been said as a part of something."""
        if len(self.spoken) != self._counted:
            self._counted, self._everything = len(self.spoken), "\n".join(self.spoken)
        return spelled(clause) in self._everything

    def sentence(self, *clauses: str, opener: bool = False) -> str:
        """Put together and finished; nothing if it has been said before."""
        given = [each for each in clauses if each]
        if not given:
            return ""
        joiner = self.chance.choice(("; ", ", and ", ": ", " – ")) if len(given) > 1 else ""
        if joiner == ", and " and (given[0].endswith("?") or "?" in given[-1]):
            joiner = "; "
        text = joiner.join(each.rstrip("?") if each is not given[-1] else each for each in given)
        if opener:
            start = self.clause("openers")
            text = f"{start}, {text}" if start else text
        text = finished(text)
        if spelled(text) in self.spoken:
            return ""
        self.spoken.update(map(spelled, sentences(text)))
        return text

    # -- meanings -----------------------------------------------------------------------------------------------------

    def reason(self, verdict: Verdict) -> str:
        """Why, by what in the persona was touched: the weightiest that has not been brought up yet."""
        for touch in verdict.touches:
            if touch.topic.kind == "life" or not touch.whole or touch.feeling * verdict.score < 0:
                continue
            made = self.about(touch)
            if made:
                return made
        return ""

    def about(self, touch: Touch) -> str:
        topic = touch.topic
        if topic.phrase in self._named:
            return ""
        self._named.add(topic.phrase)
        if topic.kind == "money":
            return self.clause("dear" if touch.feeling < 0 else "bargain", t=touch.text)
        x = in_my_words(topic)
        if is_clause(topic, x):
            return self.clause("goal" if topic.kind == "goal" else "creed", x=x)
        if touch.denied:
            return self.clause("missed" if topic.care > 0 else "spared", x=x)
        return self.clause("like" if topic.care > 0 else "dislike", x=x)

    def detail(self, verdict: Verdict) -> str:
        """Something from everyday life, or from how somebody is."""
        makers = [self._contrast, self._from_work, self._from_age, self._from_here, self._from_habit]
        self.chance.shuffle(makers)
        for make in makers:
            made = make(verdict)
            if made:
                return made
        return "" if self.life or self.taste.topics else self.clause("plain")

    def _contrast(self, verdict: Verdict) -> str:
        touched = {touch.topic.phrase for touch in verdict.touches}
        sign = 1 if verdict.level <= 0 else -1
        others = [
            topic
            for topic in self.taste.topics
            if topic.kind == "taste" and topic.care * sign > 0 and topic.phrase not in touched
        ]
        self.chance.shuffle(others)
        for topic in others:
            x = in_my_words(topic)
            if not is_clause(topic, x) and not self._is_in(x):
                return self.clause("instead" if sign > 0 else "provided", x=x)
        return ""

    def _from_work(self, verdict: Verdict) -> str:
        if not self.life.job or self._is_in(self.life.job):
            return ""
        return self.clause("worked" if self.life.retired else "from_work", job=self.life.job)

    def _from_age(self, verdict: Verdict) -> str:
        if not self.life.age or 30 <= self.life.age < 45 or self._is_in(str(self.life.age)):
            return ""
        return self.clause("old" if self.life.age >= 45 else "young", age=self.life.age)

    def _from_here(self, verdict: Verdict) -> str:
        return (
            self.clause("from_here", place=self.life.place)
            if self.life.place and not self._is_in(self.life.place)
            else ""
        )

    def _from_habit(self, verdict: Verdict) -> str:
        for trait in ("curiosity", "care", "worry", "warmth"):
            value = getattr(self.taste.temper, trait)
            made = self.clause(f"{trait} {1 if value > 0 else -1}") if abs(value) >= 0.3 else ""
            if made:
                return made
        return ""


def finished(text: str) -> str:
    """With a capital at its beginning and a mark at its end."""
    text = text.strip()
    bare = text.rstrip("”\"')")
    end = "" if bare.endswith((".", "!", "?", "…")) else "."
    first = next((at for at, letter in enumerate(text) if letter.isalnum()), 0)
    return f"{text[:first]}{text[first : first + 1].upper()}{text[first + 1 :]}{end}"


def in_my_words(topic: Topic) -> str:
    """As somebody says it who is meant by "her" and "his"."""
    text = _MYSELF.sub("myself", _MINE.sub("my", topic.phrase.strip().rstrip(".!;,")))
    if " " in text and text[1:].islower() and not _NATION.match(text):
        text = text[:1].lower() + text[1:]
    return text.replace("“", "‘").replace("”", "’")


def is_clause(topic: Topic, text: str) -> bool:
    """Whether it can only be quoted."""
    return topic.kind in ("belief", "goal") or len(text) > 60 or bool(_CLAUSE_LIKE.search(text))
