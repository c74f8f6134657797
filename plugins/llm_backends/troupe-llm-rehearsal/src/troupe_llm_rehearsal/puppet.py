"""A puppet: somebody who has a view of the matter, and says so in sentences that nobody has said lately."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

from troupe_llm_rehearsal.reader import asked_scale, key_of, on_scale
from troupe_llm_rehearsal.scene import Scene, Topic, Touch, Verdict
from troupe_llm_rehearsal.words import POOLS, WORDS, stems, words

_MINE, _MYSELF = re.compile(r"\b(?:her|his|their|your)\b(?= \w)"), re.compile(r"\b(?:her|him|them|your)sel(?:f|ves)\b")
_VERB = re.compile(r"\b(?:is|are|was|has|have|had|should|must|can|will|would|does|do|he|she|they|I)\b")
_AN = re.compile(r"\b(a)(?= (?!uni|use|usu|eur|one)(?:[aeiou]|hour|heir|honest))", re.IGNORECASE)
_JOB = re.compile(r"(retired |former )?(.*?)(?: (?:in|at|for|from|who|with|of a) |[,;(.]|$)", re.IGNORECASE)


class Puppet:
    """`matter` is what was last put to everybody, by whoever is none of them, and `verdict` what is thought of it."""

    def __init__(self, scene: Scene, scale: tuple[int, int] | None = None) -> None:
        self.persona, self.chance = scene.persona, scene.chance
        names = sorted({self.persona.name, *scene.company})
        self._seats = min(12, len(names))
        self._seat = names.index(self.persona.name) % self._seats
        self.own = "\n".join(str(act.get("content")) for turn in scene.turns for act in turn).lower()
        noticed = "\n".join(line.text for batch in scene.batches for line in batch).lower()
        self.written = f"{self.own}\n{noticed}"
        asked = ["\n".join(line.text for line in batch if line.origin == "host") for batch in scene.batches]
        asked = [each for each in asked if each]
        self.matter = asked[-1] if asked else "\n".join(line.text for line in scene.batches[-1])
        self.verdict = self.persona.of(self.matter, spoken=not asked)
        looks_back = WORDS["back"].intersection(re.findall(r"\w+", self.matter.lower()))
        if asked[1:] and looks_back and not self.verdict.touches:  # "why is that?"
            self.verdict = self.persona.of("\n".join(asked[-3:-1]))
        self._scale = asked_scale(self.matter) or scale
        self._stood, self._first = False, ""  # whether a stance has been told; the field that agrees with it

    def of(self, about: str) -> Verdict:
        """Of a field: of itself if its own words touch something, else of the matter."""
        own = self.persona.of(about)
        return own if own.touches else self.verdict

    def place(self, about: str = "") -> float:
        """From 0, against it, to 1; the first field that has no subject of its own agrees with what is said aloud."""
        own, first = self.persona.of(about), about in ("", self._first or about)
        self._first = self._first or about
        text, verdict = (about, own) if own.touches else (self.matter, self.verdict)
        drawn = [self.persona.salt + each.encode(errors="replace") for each in (str(sorted(stems(text))), about)]
        one, other = (sum(blake2b(each, digest_size=2).digest()) / 255 - 1 for each in drawn)
        spread = 0.06 if not self.persona.facts else 0.05 if verdict.level else 0.17
        noise = spread * (one if first else 0.8 * one + 0.4 * other)
        cheer = 0.06 * (self.persona.temper["warmth"] - self.persona.temper["worry"])
        return max(0.0, min(0.9999, 0.5 + 0.47 * verdict.score + noise + cheer))

    def weigh(self, option: str) -> float:
        return self.persona.of(option).score + 0.06 * len(stems(option) & stems(self.matter))

    def proof(self, about: str, value: Any) -> tuple[list[int], float]:
        verdict = self.of(about)  # there are no lines that show it
        return [], round(0.55 + 0.4 * abs(verdict.score), 2) if verdict.level else 0.2

    def say(self, about: str) -> str:
        """What stands in a field of text: a thought, an objection, a reason, or an answer."""
        named, verdict = set(about.lower().split()), self.of(about)
        if named & WORDS["thought"]:
            return self.thought(verdict)
        if named & WORDS["objection"] and not any(touch.feeling < 0 for touch in verdict.touches):
            return "" if verdict.level > 0 else self.sentence(self.clause("content", again=True))
        if self._stood and not named & WORDS["answer"]:
            return self.sentence(self.reason(verdict) or self.detail(verdict))
        self._stood = True
        return f"{self.stand(verdict)} {self.sentence(self.detail(verdict))}".strip()

    def clause(self, pool: str, /, *, again: bool = False, **slots: object) -> str:
        """The one of a pool that was said longest ago; only with `again` one that stands in view."""
        own = POOLS[pool][self._seat :: self._seats] or (POOLS[pool] if again else ())  # two who speak at once differ
        personal = "name" not in slots and bool(slots.keys() & {"x", "t", "job", "age", "place"})
        order = list(POOLS[pool] if personal or (again and "{about}" not in POOLS[pool][0]) else own)
        self.chance.shuffle(order)
        chosen = min(order, key=lambda part: (self.written.rfind(key_of(part)), part not in own), default="")
        if key_of(chosen) in self.written and not again:
            return ""
        made = _AN.sub(r"\1n", chosen.format(**slots))
        self.written += f"\n{made.lower()}"
        return made

    def sentence(self, *clauses: str, openly: float = 0.0) -> str:
        """Put together, with a capital at its beginning and a mark at its end."""
        given = [each for each in clauses if each]
        joint = self.chance.choice(("; ", ": ", " – ", ". "))
        if not given or (given[1:] and (joint == ". " or given[0].endswith("?"))):
            return " ".join(map(self.sentence, given))
        opener = self.clause("openers") if self.chance.random() < openly else ""
        text = joint.join(given) if not opener else f"{opener}, {joint.join(given)}"
        text = re.sub(r"\w", lambda letter: letter[0].upper(), text, count=1)
        return text if text.rstrip("”\"')").endswith((".", "!", "?", "…")) else f"{text}."

    def stand(self, verdict: Verdict) -> str:
        """Where somebody stands, on the scale that is asked for if there is one, and why."""
        pool, number = f"stance {verdict.level}", ""
        if self._scale is not None:
            pool, number = "scored", f"{on_scale(self.place(), *self._scale)} out of {self._scale[1]}"
        stand = self.clause(pool, again=True, n=number, about=self.about())
        return self.sentence(stand, self.reason(verdict) or self.detail(verdict), openly=0.3)

    def reason(self, verdict: Verdict) -> str:
        """By what in the persona was touched: the weightiest that has not been brought up, and what is against it."""
        told = [touch for touch in verdict.touches if touch.topic.kind != "life" and touch.whole]
        made = next(filter(None, (self._because(each) for each in told if each.feeling * verdict.score > 0)), "")
        against = [each.topic for each in told if each.feeling * verdict.score < 0 and not each.denied]
        x = phrased(against[0]) if made and against and is_thing(against[0]) else ""
        but = self.clause(f"despite {-1 if verdict.score > 0 else 1}", x=x) if x else ""
        return f"{made}, {but}" if but else made

    def _because(self, touch: Touch) -> str:
        kind, liked, x = touch.topic.kind, touch.topic.care > 0, phrased(touch.topic)
        if kind == "money":
            return self.clause("dear", t=touch.text)
        if not is_thing(touch.topic):
            return "" if x.lower() in self.written else self.clause("goal" if kind == "goal" else "creed", x=x)
        return self.clause(("missed" if liked else "spared") if touch.denied else "like" if liked else "dislike", x=x)

    def detail(self, verdict: Verdict) -> str:
        """Something from everyday life, or from how somebody is, that has not been brought up."""
        facts, sign = self.persona.facts, 1 if verdict.level <= 0 else -1
        work = next((facts[key] for key in ("occupation", "job", "profession") if facts.get(key)), "")
        retired, job = _JOB.findall(str(next(iter(work.values()), "") if isinstance(work, dict) else work))[0]
        place = str(facts.get("residence") or facts.get("city") or "").partition(",")[0]
        age = int((re.findall(r"\d+", str(facts.get("age"))) or ["0"])[0])
        others = [phrased(each) for each in self.persona.topics if is_thing(each) and each.care * sign > 0]
        told = [
            ("instead" if sign > 0 else "provided", "x", self.chance.choice(others or [""])),
            ("worked" if retired else "work", "job", job.lower() if len(job.split()) <= 4 else ""),
            ("old" if age >= 45 else "young", "age", str(age) if age >= 45 or 0 < age < 30 else ""),
            ("here", "place", place if place.istitle() and len(place) < 40 else ""),
        ]
        self.chance.shuffle(told)
        ways = [f"{axis} {1 if value > 0 else -1}" for axis, value in self.persona.temper.items() if abs(value) >= 0.3]
        made = [self.clause(way) for way in ways if way in POOLS and self.chance.random() < 0.3][:1]
        told = [each for each in told if each[2] and each[2].lower() not in self.written]
        made += [self.clause(pool, again=False, **{slot: value}) for pool, slot, value in told[:1] if not any(made)]
        return next(filter(None, made), "") or ("" if verdict.level else self.clause("plain"))

    def thought(self, verdict: Verdict, name: str = "") -> str:
        """Of what was touched; else of whoever is to be answered; else of the matter."""
        found = [each.topic for each in verdict.touches if each.whole and not each.denied and is_thing(each.topic)]
        made = self.clause(f"think {1 if found[0].care > 0 else -1}", x=phrased(found[0])) if found else ""
        made = made or (self.clause("heard", name=name) if name else "") or self.clause("think 0", about=self.about())
        return self.sentence(made or self.clause("idle", again=True))

    def about(self) -> str:
        """The matter in a word of its own."""
        long = [word.text for word in words(self.matter) if len(word.text) > 3]
        found = [*(touch.text for touch in self.verdict.touches), *long]
        return f"“{found[0].lower() if found[0].istitle() else found[0]}”" if found else "all this"


def phrased(topic: Topic) -> str:
    """As somebody says it who is meant by "her" and "his"."""
    text = _MYSELF.sub("myself", _MINE.sub("my", topic.phrase.strip(" .!;,")))
    plain = " " in text and text[1:].islower() and not re.match(r"\w+(?:ish|ese|ian|ean|nch|tch|rman|ican) ", text)
    return (text[:1].lower() + text[1:] if plain else text).replace("“", "‘").replace("”", "’")


def is_thing(topic: Topic) -> bool:
    """Whether a sentence can be about it, and need not quote it."""
    return topic.kind == "taste" and len(topic.phrase) <= 60 and not _VERB.search(topic.phrase)
