"""A puppet: somebody who has a view of the matter, and says so in sentences that nobody has said lately."""

from __future__ import annotations

import re
from typing import Any

from troupe_core import Stream
from troupe_llm_rehearsal.reader import asked_scale, key_of, on_scale
from troupe_llm_rehearsal.scene import PRICE, TAIL, VERBS, Scene, Topic, Touch, Verdict
from troupe_llm_rehearsal.words import EVERYDAY, POOLS, WORDS, sentences, stems, words

_NEW = [re.compile(rf"(?i)\b{article} ((?:[\w'’-]+ ){{0,2}}?[\w'’-]+)(?={TAIL}| and | or |[.;!?\n]|$)")
        for article in ("an?", "(?:the|your|our)")]  # fmt: skip
_PLACES = re.compile(r", | (?:in|at|on|by|near|above) ")
_MINE = re.compile(r"\b(?:her|his|your)\b(?= (?!(?:a|an|the|as|at|by|in|on|to|of|for|from|with|and|or|what)\b)\w)")
_ME, _MYSELF = re.compile(r"\b(?:her|him)\b"), re.compile(r"\b(?:her|him|them|your)self\b")
_SAYING = re.compile(rf"^(?:(?! (?:that|which|who|where) ).)*?\b(?:{VERBS})\b|\b(?:he|she|I|not)\b")
_AN = re.compile(r"\b(a)(?= (?!uni|use|usu|eur|one)(?:[aeiou]|hour|heir|honest))", re.IGNORECASE)
_JOB = re.compile(r"(?i)^(?:retired|former) | (?:in|on|at|for|from|who|with|of \w+(?= \w)) .*|[,;(.].*")
_SAYS_LITTLE = EVERYDAY | WORDS["glad"] | WORDS["sad"]
UNHEARD = ("think 0", "heard", "idle")  # thoughts, of which nobody hears that another has had them
_FORMAL = frozenset[str]().union(*(WORDS[each] for each in ("why", "answer", "reasons", "thought", "score", "sure")))


class Puppet:
    """`matter` is what was last put to everybody, by whoever is none of them, and `verdict` what is thought of it."""

    guesses, lines = True, ()  # a reader has lines that show something

    def __init__(self, scene: Scene) -> None:
        self.persona, self.chance, self.seed = scene.persona, scene.chance, scene.seed
        names = sorted({self.persona.name, *scene.company})
        self._names, self._seats = frozenset(" ".join(names).split()), min(12, len(names))
        self._seat = names.index(self.persona.name) % self._seats
        self.own = "\n".join(str(act.get("content")) for turn in scene.turns for act in turn).lower()
        self.written = "\n".join([self.own, *(line.text.lower() for batch in scene.batches for line in batch)])
        put = [*filter(None, ("\n".join(it.text for it in batch if it.origin == "host") for batch in scene.batches))]
        asked = put or ["\n".join(line.text for line in scene.batches[-1])]
        self.matter, self._plain = asked[-1], set(re.findall(r"\b[^\W\dA-Z]\w+", asked[-1]))
        while asked[1:] and not stems(asked[-1]) - EVERYDAY - stems("\n".join(asked[:-1])):  # "so would you buy it?"
            asked = asked[:-1]
        self._on, self.verdict = asked[-1], self.persona.of(asked[-1], spoken=not put)
        if put[1:] and asked == put and self._plain & WORDS["back"] and not self.verdict.touches:  # "how about those?"
            self.verdict = self.persona.of("\n".join(put[-3:-1]))
        self._stood, self._first = False, ""  # whether a stance has been told; the field that agrees with it

    def of(self, about: str) -> Verdict:
        """Of a field: of itself if there is a view of its own words, else of the matter."""
        own = self.persona.of(" ".join(each for each in about.split() if each.lower() not in _FORMAL))
        return own if own.level else self.verdict

    def place(self, about: str = "") -> float:
        """From 0, against it, to 1; without a view, about the middle. The first field agrees with what is said."""
        self._first = self._first or about
        verdict, temper = self.of(about), self.persona.temper
        cheer = (temper["warmth"] + temper["curiosity"] - temper["worry"]) / 9
        of = f"{self.persona.salt} {sorted(stems(self._on if verdict is self.verdict else about))}"
        chance = Stream(self.seed, of, "view", 0).uniform(-1, 1)
        chance += Stream(self.seed, f"{of} {about}", "view", 0).uniform(-0.3, 0.3) * (about not in ("", self._first))
        spread = 0.04 if verdict.level else 0.22 if self.persona.facts else 0.06
        low, high = ((0.2, 0.7999), (0.6, 0.9999), (0.0, 0.3999))[(verdict.level > 0) - (verdict.level < 0)]
        return max(low, min(high, 0.5 + 0.47 * verdict.score + spread * (chance + cheer)))

    def level(self, about: str = "") -> int:
        return on_scale(self.place(about), 0, 4) - 2

    def weigh(self, option: str) -> float:
        return self.persona.of(option).score + 0.06 * len(stems(option) & stems(self.matter))

    def proof(self, about: str, value: Any) -> tuple[list[int], float]:
        verdict = self.of(about)  # there are no lines that show it
        return [], round(0.55 + 0.4 * abs(verdict.score) if verdict.level else 0.1 + abs(self.place(about) - 0.5), 2)

    def say(self, about: str) -> str:
        """What stands in a field of text: a thought, an objection, a reason, or an answer."""
        named, verdict = set(about.lower().split()), self.of(about)
        if named & WORDS["thought"]:
            return self.thought(verdict)
        if named & WORDS["objection"] and not any(touch.feeling < 0 for touch in verdict.touches):
            return ""
        if self._stood and not named & WORDS["answer"]:
            return self.sentence(self.reason(verdict) or self.detail(verdict))
        self._stood, made = True, self.stand("" if verdict is self.verdict else about)
        more = self.detail(verdict) if len(sentences(made)) < 2 and self.chance.random() < 0.7 else ""
        return f"{made} {self.sentence(more)}".strip()

    def clause(self, pool: str, /, *, again: bool = False, **slots: object) -> str:
        """The one of a pool that was said longest ago; only with `again` one that stands in view."""
        own = POOLS[pool][self._seat :: self._seats] or (POOLS[pool] if again else ())  # two who speak at once differ
        personal = "name" not in slots and bool(slots.keys() & {"x", "t", "job", "age", "place"})
        self.chance.shuffle(order := list(POOLS[pool] if personal or (again and "{about}" not in own[0]) else own))
        if pool in UNHEARD:  # own ones, elsewhere in each study, then those that follow: those of one round differ
            at = Stream(self.seed, self.matter, pool, 0).below(len(POOLS[pool]))
            turned = (*POOLS[pool][at:], *POOLS[pool][:at])
            order = [*turned[self._seat :: self._seats], *turned[self._seat :], *turned[: self._seat]]
            own = turned
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
        if re.split(r"[\s,'’]", text)[0] not in self._names:  # a title letter: there are scripts without
            text = re.sub(r"\w", lambda letter: letter[0].title(), text, count=1)
        return text if text.rstrip("”\"')").endswith((".", "!", "?", "…")) else f"{text}."

    def stand(self, about: str = "") -> str:
        """Where somebody stands, on the scale that the question names if it names one, and why."""
        verdict, scale = self.of(about), asked_scale(self.matter)
        number = f"{on_scale(self.place(about), *scale)} out of {scale[1]}" if scale else ""
        pool = "scored" if scale else f"stance {self.level(about)}"
        stand = self.clause(pool, again=True, n=number, about=self.about())
        return self.sentence(stand, self.reason(verdict) or self.detail(verdict), openly=0.3)

    def reason(self, verdict: Verdict) -> str:
        """By what in the persona was touched: the weightiest that has not been brought up, and what is against it."""
        sides = [next(filter(None, (self._because(each) for each in verdict.touches if each.feeling * sign > 0)), "")
                 for sign in (verdict.score, -verdict.score)]  # fmt: skip
        return ", but ".join(filter(None, sides)) if sides[0] else ""

    def _because(self, touch: Touch) -> str:
        kind, liked, x = touch.topic.kind, touch.topic.care > 0, self.thing(touch.topic)
        if kind == "money":
            return self.clause("dear", t=touch.text)
        if not x:
            x = self.phrased(touch.topic.phrase)
            return self.clause(kind, x=x) if kind in ("goal", "belief") and x.lower() not in self.written else ""
        return self.clause(("missed" if liked else "spared") if touch.denied else "like" if liked else "dislike", x=x)

    def detail(self, verdict: Verdict) -> str:
        """Something from everyday life, or from how somebody is, that has not been brought up."""
        facts = self.persona.facts
        work = next((facts[key] for key in ("occupation", "job", "profession") if facts.get(key)), "")
        known = (work, facts.get("residence") or facts.get("city") or "")  # each a text, or a table that begins with it
        job, home = (str(next(iter(each.values()), "") if isinstance(each, dict) else each) for each in known)
        age = int((re.findall(r"\d+", str(facts.get("age"))) or ["0"])[0])
        likes = [it for it in self.persona.topics if it.kind == "taste" and it.care > 0 and len(it.phrase) < 40]
        slots: dict[str, tuple[str, Any]] = {
            "instead": ("x", self.thing(self.chance.choice(likes)) if likes and self.level() <= 0 else ""),
            "old" if age >= 45 else "young": ("age", str(age) if age >= 45 or 0 < age < 30 else ""),
            "work": ("job", _JOB.sub("", job).lower()),
            "here": ("place", next(filter(str.istitle, _PLACES.split(home)), ""))}  # fmt: skip
        told = {pool: {slot: x} for pool, (slot, x) in slots.items() if x and x.lower() not in self.written}
        ways = {f"{axis} {1 if value > 0 else -1}": abs(value) for axis, value in self.persona.temper.items()}
        told |= {way: {} for way, value in ways.items() if way in POOLS and value >= 0.3}
        self.chance.shuffle(order := list(told))
        made = next(filter(None, (self.clause(pool, **told[pool]) for pool in order)), "")
        return made or ("" if verdict.level else self.clause("plain"))

    def thought(self, verdict: Verdict, name: str = "") -> str:
        """Of what was touched; else of whoever is to be answered; else of the matter."""
        found = [(x, it.topic) for it in verdict.touches if not it.denied and (x := self.thing(it.topic))]
        made = self.clause(f"think {1 if found[0][1].care > 0 else -1}", x=found[0][0]) if found else ""
        made = made or (self.clause("heard", name=name) if name else "") or self.clause("think 0", about=self.about())
        return self.sentence(made or self.clause("think 0", about=self.about(), again=True))

    def about(self) -> str:
        """The matter in a word: of what touches somebody, else of what is new in it, else the first that tells much."""
        touched = words(" ".join(each.text for each in self.verdict.touches if each.topic.kind == "taste"))
        plain = PRICE.sub("", self._on)
        new = [word for shape in _NEW for part in shape.findall(plain) for word in reversed(words(part))]
        telling = (each.text for each in (*touched, *new, *words(plain)) if len(each.text) > 3
                   and not {each.stem, each.text, each.text.lower()} & (_SAYS_LITTLE | self._names))  # fmt: skip
        found = next(telling, "")
        found = found.lower() if re.search(rf"(?:^|[.!?:“\n] ?){found}", self._on) else found
        known = found and re.search(rf"(?i)\b(?:an?|the) (?:[\w-]+ ){{0,2}}?{found}\b", self._on)
        return f"the {found}" if known else f"“{found}”" if found else "all this"

    def phrased(self, text: str) -> str:
        """As somebody says it who is meant by "her" and "his"; a capital that is no name's is none in a sentence."""
        text = _MYSELF.sub("myself", _ME.sub("me", _MINE.sub("my", text.strip(" .!;,"))))
        plain = text.partition(" ")[0].lower() in self._plain | WORDS["common"] and not re.match(r"I\b", text)
        return (text[:1].lower() + text[1:] if plain else text).replace("“", "‘").replace("”", "’")

    def thing(self, topic: Topic) -> str:
        """As a sentence speaks of it; nothing if it can only be quoted."""
        text = re.split(r"[,;(]", topic.phrase)[0]
        return "" if topic.kind != "taste" or len(text) > 75 or _SAYING.search(text) else self.phrased(text)
