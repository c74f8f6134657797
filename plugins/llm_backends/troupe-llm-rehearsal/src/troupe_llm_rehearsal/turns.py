"""A person's turn: what it thinks, to whom it says what, when it is quiet, and how it feels afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from troupe_core import Stream
from troupe_llm_rehearsal.choosing import asked_scale, on_scale, place
from troupe_llm_rehearsal.forms import Filling, Unfit
from troupe_llm_rehearsal.lexicon import COMMON
from troupe_llm_rehearsal.phrases import POOLS
from troupe_llm_rehearsal.reading import Line, Scene, is_news
from troupe_llm_rehearsal.saying import Voice, finished, in_my_words, is_clause
from troupe_llm_rehearsal.stances import stance_of
from troupe_llm_rehearsal.taste import Verdict
from troupe_llm_rehearsal.words import folded, sentences, shortened, words

EVERYBODYS = ("TALK", "THINK", "DONE", "REACH_OUT")
SELDOM = 4
"""So many own turns at least lie between two uses of an action that is not everybody's."""
_OPENERS = frozenset(finished(each)[:-1] for each in POOLS["openers"]) | frozenset(POOLS["openers"])
_MYSELF = re.compile(r"I\b")
_CLAUSES = re.compile(r"[.,;:!?–\n]+(?:\s+|$)|\s–\s")


def kinds_of(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The actions that the schema of a turn offers, by name; nothing if it is no turn's."""
    properties = schema.get("properties", {})
    if not {"actions", "cognitive_state"} <= properties.keys():
        return {}
    items = properties["actions"].get("items", {})
    out: dict[str, Mapping[str, Any]] = {}
    for kind in items.get("anyOf", items.get("oneOf", [items])):
        named = kind.get("properties", {}).get("type", {})
        for name in named.get("enum", [named["const"]] if "const" in named else []):
            out[name] = kind
    return out


@attrs.define(eq=False)
class Turning:
    """One turn in the making."""

    scene: Scene
    kinds: Mapping[str, Mapping[str, Any]]
    chance: Stream
    voice: Voice
    filling: Filling
    matter: str = ""
    """What it is all about: what was last put to everybody, by whoever is none of them."""
    fresh: tuple[Line, ...] = ()
    turns_since: int = 0
    """So many own turns since the matter came up in which something was said."""
    verdict: Verdict = Verdict(0.0)

    @classmethod
    def of(cls, scene: Scene, kinds: Mapping[str, Mapping[str, Any]], chance: Stream, filling: Filling) -> Turning:
        made = cls(scene, kinds, chance, Voice(scene, chance), filling)
        made._look_around()
        return made

    def _look_around(self) -> None:
        batches, turns = list(self.scene.batches), list(self.scene.turns)
        self.fresh = tuple(line for line in self.scene.news if is_news(line))
        resuming = bool(self.fresh) and all(line.heading in self.kinds for line in self.fresh)
        if resuming and len(batches) > 1:  # what an action has come to: the turn goes on
            self.fresh = tuple(line for line in (*batches[-2], *self.fresh) if is_news(line))
        hosts = [[line for line in batch if is_news(line) and self._is_host(line)] for batch in batches]
        at = max((at for at, lines in enumerate(hosts) if lines), default=-1)
        if at >= 0:
            self.matter = "\n".join(line.text for line in hosts[at])
            self.turns_since = sum(any(act.get("type") == "TALK" for act in turn) for turn in turns[at:])
            self.verdict = self.scene.taste.of(self.matter)
            before = [line.text for lines in hosts[:at] for line in lines]
            if not self.verdict.touches and before:  # "why?" is about what was asked before
                earlier = self.scene.taste.of("\n".join(before[-2:]))
                self.verdict = Verdict(earlier.score * 0.8, earlier.touches)
        else:  # people among themselves
            self.matter = "\n".join(line.text for line in self.fresh)
            self.turns_since = sum(any(act.get("type") == "TALK" for act in turn) for turn in turns)
            if any(line.heading == "OMITTED" for batch in batches for line in batch):
                self.turns_since += SELDOM  # a long talk, whose beginning is out of view
            self.verdict = self.scene.taste.of(self.matter, spoken=True)

    def _is_host(self, line: Line) -> bool:
        return line.heading not in self.kinds and not (line.spoken and self.scene.is_peer(line.source))

    # -- the answer ---------------------------------------------------------------------------------------------------

    def answer(self) -> dict[str, Any]:
        peers = [line for line in self.fresh if line.spoken and self.scene.is_peer(line.source)]
        heard = max(peers, key=self._weight) if peers else None
        if not self.fresh or not self._wants_to_speak(heard):
            said, thought = [], self._quiet_thought()
        else:
            thought = self._thought(heard)
            said = self._speech(heard)
        actions = [self._act("THINK", thought)]
        if said:
            actions += self._own_ability(said[0][0])
        actions += [self._act("TALK", *each) for each in said]
        actions.append(self._act("DONE", ""))
        return {"actions": [act for act in actions if act], "cognitive_state": self._mind(heard)}

    def _act(self, name: str, content: str, target: str = "") -> dict[str, Any]:
        kind = self.kinds.get(name)
        if kind is None or (not content and name in ("TALK", "THINK")):
            return {}
        given = {"type": name, "content": content, "target": target}
        made: dict[str, Any] = self.filling.fill(kind, given)
        return made

    # -- whether ------------------------------------------------------------------------------------------------------

    def _names_me(self, line: Line) -> bool:
        own = folded(self.scene.name).split()
        return bool(own) and re.search(rf"\b{re.escape(own[0])}\b", folded(line.text)) is not None

    def _weight(self, line: Line) -> float:
        """How much a line calls for an answer."""
        answered = sum(folded(_first(line.source)) in folded(str(act.get("content", "")))
                       for turn in self.scene.turns for act in turn if act.get("type") == "TALK")  # fmt: skip
        touched = abs(self.scene.taste.of(line.text).score)
        asks = "?" in line.text
        return 3.0 * self._names_me(line) + asks * 0.5 + 2 * touched + self.chance.random() - answered

    def _wants_to_speak(self, heard: Line | None) -> bool:
        if not self.turns_since or any(self._is_host(line) for line in self.fresh):
            return True
        if heard is not None and "?" in heard.text and (self._names_me(heard) or len(self._speakers()) == 1):
            return True
        if heard is not None and self._names_me(heard):
            return self.turns_since < 4 + 2 * self.scene.taste.temper.talk
        drive = 0.75 + 0.3 * self.scene.taste.temper.talk - 0.3 * (self.turns_since - 1)
        if heard is not None and self.scene.taste.of(heard.text).level:
            drive += 0.2
        return heard is not None and self.turns_since < 3 and self.chance.random() < drive

    # -- what ---------------------------------------------------------------------------------------------------------

    def _speech(self, heard: Line | None) -> list[tuple[str, str]]:
        """What is said, and to whom."""
        talk, speakers = self.scene.taste.temper.talk, self._speakers()
        aloud: list[str] = []
        reply, target = "", ""
        stands = not self.turns_since or any(self._is_host(line) for line in self.fresh)
        if stands:
            aloud.append(self._stance())
        if heard is not None and (not aloud or self.chance.random() < 0.5):
            reply = self._reply(heard)
            target = heard.source if self._names_me(heard) or len(speakers) == 1 else ""
        if talk > -0.4 and (len(aloud) + bool(reply) < 2 or self.chance.random() < 0.3 + 0.4 * talk):
            more = self.voice.sentence(self.voice.detail(self.verdict), opener=self.chance.random() < 0.25)
            reply, aloud = (f"{reply} {more}", aloud) if reply else ("", [*aloud, more])
        others = [name for name in speakers if heard is None or name != heard.source]
        if others and not target and self.turns_since < 3 and self.chance.random() < 0.25 + 0.2 * talk:
            aloud.append(self.voice.sentence(self.voice.clause("ask", name=_first(self.chance.choice(others)))))
        if heard is not None and not any(self._is_host(line) for line in self.fresh):  # all of it answers one person
            target = target or (heard.source if self._names_me(heard) or len(speakers) == 1 else "")
            aloud, reply = ([], " ".join(part for part in (*aloud, reply) if part)) if target else (aloud, reply)
        if not target:
            aloud, reply = [aloud[0], reply, *aloud[1:]] if stands else [reply, *aloud], ""
        said = [(" ".join(part.strip() for part in aloud if part), ""), (reply.strip(), target)]
        return [each for each in said if each[0]]

    def _speakers(self) -> list[str]:
        return sorted({line.source for line in self.fresh if line.spoken and self.scene.is_peer(line.source)})

    def _stance(self) -> str:
        level = self.verdict.level
        scale = asked_scale(self.matter)
        if scale is not None:
            number = on_scale(place(self.scene.taste, self.matter), *scale)
            stance = self.voice.clause("scored", n=number, high=scale[1])
        else:
            stance = self.voice.clause(f"stance {level}") or self.voice.clause(f"stance {level}", again=True)
        why = self.voice.reason(self.verdict) if level else ""
        if not why:
            why = self.voice.detail(self.verdict)
        return self.voice.sentence(stance, why, opener=self.chance.random() < 0.6)

    def _reply(self, heard: Line) -> str:
        name, quote = _first(heard.source), self._quote(heard)
        theirs, mine = stance_of(heard.text), self.verdict.level
        own = self.scene.taste.of(heard.text, spoken=True)
        if theirs and own.level:
            mine = own.level
        if theirs * mine > 0:
            pool = "agree"
        else:
            pool = "disagree" if theirs * mine < 0 and self.scene.taste.temper.warmth < 0.9 else "wonder"
        start = self.voice.clause(pool, name=name, quote=quote) if quote else ""
        why = self.voice.reason(own) or (self.voice.reason(self.verdict) if mine else "")
        if not why:
            why = self.voice.detail(self.verdict)
        if not start:
            return self.voice.sentence(why, opener=True)
        return self.voice.sentence(start, why) if not start.endswith("?") else self.voice.sentence(start)

    def _quote(self, heard: Line) -> str:
        """A few words of somebody's, whole between two marks."""
        known = {word.stem for word in words(self.matter)}
        best, most = "", 0.0
        told = " ".join(each for each in sentences(heard.text) if not each.endswith("?"))
        for piece in _CLAUSES.split(told):
            clause = piece.strip().removeprefix("and ")
            size = len(clause.split())
            if not 3 <= size <= 9 or "“" in clause or "”" in clause or len(clause) > 60 or clause in _OPENERS:
                continue
            found = words(clause)
            new = sum(word.stem not in known for word in found) + 0.5 * bool(self.scene.taste.of(clause).touches)
            if new > most and self.scene.name.split(" ")[0] not in clause.split():
                best, most = clause.strip(), new
        return best[:1].lower() + best[1:] if folded(best.split(" ")[0]) in COMMON and not _MYSELF.match(best) else best

    # -- within -------------------------------------------------------------------------------------------------------

    def _about(self) -> str:
        """The matter in a word or two of its own, in quotes: grammar knows no other way with a stranger's words."""
        touched = [touch.text for touch in self.verdict.touches]
        found = touched or [word.text for word in words(self.matter) if len(word.text) > 3]
        return f"“{found[0].lower() if found[0].istitle() else found[0]}”" if found else "all this"

    def _thought(self, heard: Line | None) -> str:
        source = (
            self.scene.taste.of(heard.text, spoken=True) if heard is not None and self.turns_since else self.verdict
        )
        for touch in source.touches:
            x = in_my_words(touch.topic)
            if touch.topic.kind == "taste" and touch.whole and not touch.denied and not is_clause(touch.topic, x):
                made = self.voice.sentence(self.voice.clause(f"think {1 if touch.topic.care > 0 else -1}", x=x))
                if made:
                    return made
        if heard is not None and self.turns_since:
            made = self.voice.sentence(self.voice.clause("think_of", name=_first(heard.source)))
            if made:
                return made
        return self.voice.sentence(self.voice.clause("think 0", about=self._about())) or self._quiet_thought()

    def _quiet_thought(self) -> str:
        made = self.voice.clause("quiet", about=self._about()) if self.matter else ""
        return self.voice.sentence(made) or self.voice.sentence(self.voice.clause("idle"))

    def _own_ability(self, said: str) -> list[dict[str, Any]]:
        """An action that not everybody has: now and then, and never twice on the same occasion."""
        strange = sorted(name for name in self.kinds if name not in EVERYBODYS)
        used = {str(act.get("type")) for turn in self.scene.turns[-SELDOM:] for act in turn}
        if not strange or used & set(strange) or any(line.heading in self.kinds for line in self.scene.news):
            return []
        if self.chance.random() >= 0.35:
            return []
        name = self.chance.choice(strange)
        about = self._about().strip("“”")
        given = {"type": name, "query": about, "topic": about, "title": about, "text": said, "content": said,
                 "target": "", "name": self.scene.name}  # fmt: skip
        try:
            return [self.filling.fill(self.kinds[name], given)]
        except Unfit:
            return []

    def _mind(self, heard: Line | None) -> dict[str, Any]:
        level, worry = self.verdict.level, self.scene.taste.temper.worry
        feeling = self.chance.choice(POOLS[f"feeling {max(-2, level - 1) if worry > 0.5 else level}"])
        about = self._about()
        goals = [topic.phrase for topic in self.scene.taste.topics if topic.kind == "goal"]
        own = shortened(goals[0].rstrip("."), 80) if goals else ""
        notes = []
        for line in self.fresh:
            theirs = stance_of(line.text)
            if theirs and line.spoken and self.scene.is_peer(line.source):
                notes.append(f"{_first(line.source)} is {'for' if theirs > 0 else 'against'} it")
        return {
            "goals": "; ".join(each for each in (f"say what I think of {about}" if self.fresh else "", own) if each),
            "attention": f"what {_first(heard.source)} says" if heard is not None else about if self.matter else "",
            "emotions": f"{feeling}, because of {about}" if level else feeling,
            "context": list(dict.fromkeys(notes))[:3],
        }


def _first(name: str) -> str:
    """What somebody is called to their face."""
    first = name.split(" ", maxsplit=1)[0]
    return first if len(first) > 2 and not first.endswith(".") else name
