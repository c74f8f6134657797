"""A person's turn: what it thinks, to whom it says what, when it is quiet, and how it feels afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from troupe_llm_rehearsal.forms import Filling, Unfit
from troupe_llm_rehearsal.puppet import Puppet
from troupe_llm_rehearsal.reader import feeling_of, subject_of
from troupe_llm_rehearsal.scene import Line, Scene
from troupe_llm_rehearsal.words import POOLS, folded, shortened

EVERYBODYS = frozenset({"TALK", "THINK", "DONE", "REACH_OUT"})
SELDOM = 4  # so many own turns at least lie between two uses of an action that is not everybody's


def kinds_of(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The actions that the schema of a turn offers, by name; nothing if it is no turn's."""
    properties = schema.get("properties", {})
    if not {"actions", "cognitive_state"} <= properties.keys():
        return {}
    items = properties["actions"].get("items", {})
    kinds = items.get("anyOf", items.get("oneOf", [items]))
    types = [(kind, kind.get("properties", {}).get("type", {})) for kind in kinds]
    return {name: kind for kind, named in types for name in named.get("enum", [named.get("const")]) if name}


class Turning:
    """One turn in the making."""

    def __init__(self, scene: Scene, kinds: Mapping[str, Any], filling: Filling, puppet: Puppet) -> None:
        self.scene, self.kinds, self.filling, self.puppet, self.chance = scene, kinds, filling, puppet, puppet.chance
        self.persona, self.talk, self.fresh = scene.persona, scene.persona.temper["talk"], [*scene.batches[-1]]
        if self.fresh and scene.batches[1:] and all(line.origin == "own" for line in self.fresh):
            self.fresh = [*scene.batches[-2], *self.fresh]  # the turn goes on
        hosts = [at for at, batch in enumerate(scene.batches) if any(line.origin == "host" for line in batch)]
        turns = scene.turns[hosts[-1] if hosts else 0 :]
        self.since = sum(any(act.get("type") == "TALK" for act in turn) for turn in turns)
        self.since += SELDOM if scene.cut and not hosts else 0  # a long talk, whose beginning is out of view
        self.hosted = any(line.origin == "host" for line in self.fresh)
        self.asked = self.hosted or not self.since
        said = [line for line in self.fresh if line.origin == "peer"]
        self.speakers = sorted({line.source for line in said})
        self.heard = max(said, key=self._weight, default=None)  # what calls most for an answer

    def _names_me(self, line: Line) -> bool:
        own = folded(self.persona.name).split()[:1]
        return any(re.search(rf"\b{re.escape(each)}\b", folded(line.text)) for each in own)

    def _weight(self, line: Line) -> float:
        touched = 2 * abs(self.persona.of(line.text).score) - (_first(line.source).lower() in self.puppet.own)
        return 3 * self._names_me(line) + 0.5 * ("?" in line.text) + touched + self.chance.random()

    def answer(self) -> dict[str, Any]:
        speaks = bool(self.fresh) and self._wants_to_speak()
        said, target = self._speech() if speaks else ("", "")
        puppet, heard = self.puppet, None if self.asked else self.heard
        verdict = self.persona.of(heard.text, spoken=True) if heard else puppet.verdict
        quiet = puppet.clause("quiet", about=puppet.about()) or puppet.clause("idle", again=True) if not speaks else ""
        thought = puppet.sentence(quiet) or puppet.thought(verdict, _first(heard.source) if heard else "")
        acts = [("THINK", thought, ""), ("TALK", said, target), ("DONE", "", "")]
        done = [self.filling.fill(self.kinds[name], {"type": name, "content": content, "target": target})
                for name, content, target in acts if name in self.kinds and (content or name == "DONE")]  # fmt: skip
        done[1:1] = self._own_ability(said) if said else []
        return {"actions": done, "cognitive_state": self._mind()}

    def _wants_to_speak(self) -> bool:
        if self.asked or self.heard is None:
            return self.asked
        named = self._names_me(self.heard)
        if "?" in self.heard.text and (named or len(self.speakers) == 1):
            return True
        drive = 1.15 + 0.3 * self.talk - 0.3 * self.since + 0.2 * bool(self.persona.of(self.heard.text).level)
        return self.since < 4 + 2 * self.talk if named else self.since < 3 and self.chance.random() < drive

    def _speech(self) -> tuple[str, str]:
        """What is said, and to whom if it is one person's."""
        puppet, heard, target = self.puppet, self.heard, ""
        said = [puppet.stand()] if self.asked else []
        if heard is not None and (not said or self.chance.random() < 0.5):
            said.append(self._reply(heard))
        if self.talk > -0.4 and (len(said) < 2 or self.chance.random() < 0.3 + 0.4 * self.talk):
            said.append(puppet.sentence(puppet.detail(puppet.verdict), openly=0.25))
        others = [name for name in self.speakers if heard is None or name != heard.source]
        if heard is not None and not self.hosted and (self._names_me(heard) or not others):
            target = heard.source
        elif others and self.chance.random() < 0.25 + 0.2 * self.talk:
            said.append(puppet.sentence(puppet.clause("ask", name=_first(self.chance.choice(others)))))
        return " ".join(filter(None, said)), target

    def _reply(self, heard: Line) -> str:
        """To what somebody else is for or against, and why."""
        puppet, own = self.puppet, self.persona.of(heard.text, spoken=True)
        touched = filter(None, (puppet.thing(touch.topic) for touch in own.touches))
        x, name = next(touched, "") or subject_of(heard.text), _first(heard.source)
        theirs, mine = feeling_of(heard.text), own.score if own.level else puppet.verdict.score
        pool = "wonder" if abs(theirs) < 0.1 or abs(mine) < 0.12 else "agree" if theirs * mine > 0 else "disagree"
        start = (x and puppet.clause(pool, name=name, x=x)) or puppet.clause(f"{pool} 0", name=name)
        why = "" if pool == "wonder" else puppet.reason(own) or puppet.reason(puppet.verdict)
        return puppet.sentence(start, why or puppet.detail(puppet.verdict))

    def _own_ability(self, said: str) -> list[dict[str, Any]]:
        """An action that not everybody has: now and then, and never twice on the same occasion."""
        strange = self.kinds.keys() - EVERYBODYS
        used = {act.get("type") for turn in self.scene.turns[-SELDOM:] for act in turn}
        if strange and not used & strange and self.chance.random() < 0.35:
            name, about = self.chance.choice(sorted(strange)), self.puppet.about().strip("“”")
            given = dict.fromkeys(("query", "topic", "title"), about) | dict.fromkeys(("text", "content"), said)
            with suppress(Unfit):
                return [self.filling.fill(self.kinds[name], {**given, "type": name, "target": ""})]
        return []

    def _mind(self) -> dict[str, Any]:
        level, about = self.puppet.level(), self.puppet.about()
        feeling = POOLS["feelings"][max(-2, level - (self.persona.temper["worry"] > 0.5)) + 2]
        goals = [shortened(topic.phrase.rstrip("."), 80) for topic in self.persona.topics if topic.kind == "goal"]
        felt = {_first(line.source): feeling_of(line.text) for line in self.fresh if line.origin == "peer"}
        notes = [f"{name} is {'for' if one > 0 else 'against'} it" for name, one in felt.items() if abs(one) > 0.1]
        return {
            "goals": "; ".join([*([f"say what I think of {about}"] if self.fresh else []), *goals[:1]]),
            "attention": f"what {_first(self.heard.source)} says" if self.heard else about,
            "emotions": f"{feeling}, because of {about}" if level else feeling,
            "context": notes,
        }


def _first(name: str) -> str:
    """What somebody is called to their face."""
    first = name.split(" ", maxsplit=1)[0]
    return first if len(first) > 2 and not first.endswith(".") else name
