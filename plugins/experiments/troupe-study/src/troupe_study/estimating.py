"""About what a run takes, before anything is spent: the people are made and told the first thing in a simulation that
nobody runs, and their real prompts are measured. How much people say is assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import attrs

from troupe_core import Fields, People, Price, Runtime, Simulation, TinyPerson, UnknownModelError, Usage
from troupe_core.llm import AS_THEMSELVES, BILLION, PICTURE, usd
from troupe_study import casting
from troupe_study.meeting import asked_by, present, respondents, world_of
from troupe_study.study import Group, Study, several
from troupe_study.words import counted

CHARACTERS = 4
"""In a token, about."""
MOST_CALLS = 4
"""A turn takes one call, and at most so many, if people look something up."""
HEARD, OWN, ANSWER = 240, 450, 150
"""What one turn adds: characters to the history of whoever hears it, to one's own, and tokens of an answer."""
LONGEST, CUT = 12_000, 3_000
"""A history of more characters is cut to so many."""
PERSONA, CASTING, CAST = 2_500, 3_000, 700
"""Characters of a persona that is not there yet, and of the question for it besides a context; tokens of an answer."""
READER, FOUND = 2_400, 25
"""Characters of a question for findings besides the transcript, and tokens of an answer for each field."""
FORM, FORM_FIELD = 900, 130
"""Characters of how an answer is to be given, and of each field of it."""
EPISODE, RECOLLECTIONS = 4_000, 250
"""Characters of what is consolidated at a time, and tokens of what becomes of it."""


@attrs.frozen
class Part:
    """What calls for one purpose, or for one of the people, come to."""

    calls: int = 0
    input: int = 0
    output: int = 0
    known: int = 0
    """What they cost as far as prices are known, in billionths of a dollar."""
    uncounted: int = 0
    """Calls whose price nobody knows."""
    unpriced: tuple[str, ...] = ()
    """The models that may be asked, and whose price nobody knows."""
    dated: frozenset[str] = frozenset()
    """Of when the prices are."""

    def __add__(self, other: Part) -> Part:
        return Part(
            self.calls + other.calls,
            self.input + other.input,
            self.output + other.output,
            self.known + other.known,
            self.uncounted + other.uncounted,
            tuple(dict.fromkeys([*self.unpriced, *other.unpriced])),
            self.dated | other.dated,
        )

    @property
    def cost(self) -> int | None:
        """In billionths of a dollar; None: nobody knows what one of the models costs."""
        return None if self.uncounted else self.known

    def asked_of(self, models: Sequence[str], simulation: Simulation) -> Part:
        """The same, with what it costs if the first of these answers."""
        if not self.calls:
            return self
        unpriced = _unpriced(models, simulation)
        price = _price(models[0], simulation) if models else None
        if price is None:
            return attrs.evolve(self, uncounted=self.calls, unpriced=unpriced)
        cost = price.cost(Usage(self.input, self.output))
        dated = frozenset([price.as_of] if cost and price.as_of else [])
        return attrs.evolve(self, known=cost, unpriced=unpriced, dated=dated)

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return {"calls": self.calls, "input": self.input, "output": self.output, "money": dollars(self.cost)}


@attrs.frozen
class Estimate:
    """About what a run takes, by purpose. What is recorded already costs nothing, and is not taken off."""

    people: int
    rounds: int
    parts: dict[str, Part]
    of_people: dict[str, Part]
    """What is asked for each of them, by name."""
    models: tuple[tuple[str, ...], ...] = ()
    """Who is asked: each is a model, with those behind it that are asked where it fails."""
    spared_from: float | None = None
    """From this share of the budget on the first of several is spared."""
    unpriced: tuple[str, ...] = ()
    """The models that are named, and whose price nobody knows: with a budget of money, nobody is asked."""

    @property
    def calls(self) -> int:
        return sum(part.calls for part in self.parts.values())

    @property
    def most_calls(self) -> int:
        """If every turn took as many as it may."""
        turns = self.parts["turn"].calls
        return self.calls - turns + turns * MOST_CALLS

    @property
    def input(self) -> int:
        """Tokens that are sent."""
        return sum(part.input for part in self.parts.values())

    @property
    def output(self) -> int:
        """Tokens that are answered."""
        return sum(part.output for part in self.parts.values())

    @property
    def whole(self) -> Part:
        """All of it together, and whoever is named besides."""
        return attrs.evolve(sum(self.parts.values(), Part()), unpriced=self.unpriced)

    @property
    def cost(self) -> int | None:
        """In billionths of a US dollar; None: nobody knows what one of the models costs."""
        return self.whole.cost

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        parts = {purpose: part.plain() for purpose, part in self.parts.items()}
        totals: dict[str, Any] = {"calls": self.calls, "most_calls": self.most_calls}
        totals |= {"tokens_in": self.input, "tokens_out": self.output, "money": dollars(self.cost)}
        told = {**totals, "purposes": parts, "models": list(map(list, self.models))}
        return {"people": self.people, "rounds": self.rounds, **told}

    def __str__(self) -> str:
        lines = [
            f"{purpose}: {counted(part.calls, 'call')}, about {part.input:,} tokens in, {part.output:,} out"
            f"{_money(part)}"
            for purpose, part in self.parts.items()
            if part.calls
        ]
        calls = f"in all: {counted(self.calls, 'call')} (at most {self.most_calls:,})"
        dated = sorted(self.whole.dated)
        prices = f" (prices of {', '.join(dated)}: see what your provider says)" if dated else ""
        tokens = f"about {self.input:,} tokens in, {self.output:,} out{_money(self)}{prices}"
        begin = f"{counted(self.people, 'person')}, {counted(self.rounds, 'round')}"
        return "\n".join([begin, *lines, f"{calls}, {tokens}", *self._chains()])

    def _chains(self) -> list[str]:
        """Of several models that may be asked, which, and when."""
        early = f", and from {self.spared_from:.0%} of the budget on" if self.spared_from is not None else ""
        return [f"{first} is asked; where it fails{early}, {', '.join(rest)}" for first, *rest in self.models if rest]


def dollars(cost: int | None) -> float | None:
    """As JSON has it."""
    return None if cost is None else cost / BILLION


def _money(what: Part | Estimate) -> str:
    """What it costs, if that is known and not nothing."""
    return f", {usd(what.cost)}" if what.cost else ""


def estimate(study: Study, runtime: Runtime | None) -> Estimate:
    """What all of it takes if everybody comes and nobody fails."""
    simulation = Simulation(seed=study.seed, runtime=runtime, model=study.model, models=study.models or None)
    try:
        came = casting.cast(study, simulation, _stand_ins)
        people, rounds = came.people, study.rounds
        hearers = len(people) - 1 if study.kind in ("focus_group", "chat") else 0
        growth = HEARD * hearers + OWN
        turns, prompt = _turns(study, came, growth)
        own = {person.name: person.state.model for person in people}
        recalling = {person.name: _consolidating(person, rounds) for person in people}
        asking, reading = _asking(study, came, prompt), _extraction(study, people, rounds, growth)
        by_purpose = {"casting": {"": _casting(study)}, "turn": turns, "consolidation": recalling}
        by_purpose |= {"ask": asking, "extraction": reading}
        for purpose, asked in by_purpose.items():
            models = own if purpose in AS_THEMSELVES else {}
            by_purpose[purpose] = {
                who: part.asked_of(_named(simulation, purpose, models.get(who)), simulation)
                for who, part in asked.items()
            }
        parts = {purpose: sum(asked.values(), Part()) for purpose, asked in by_purpose.items()}
        of_people = {who: sum((asked.get(who, Part()) for asked in by_purpose.values()), Part()) for who in own}
        chains = _models(simulation, people, [purpose for purpose, part in parts.items() if part.calls])
        named = [*simulation.models.all_named(), *(model for several in chains for model in several)]
        unpriced = _unpriced(named, simulation)
        spared_from = (study.degradation or simulation.degradation).cheaper_from
    finally:
        simulation.close()
    return Estimate(len(people), rounds, parts, of_people, chains, spared_from, unpriced)


def _models(simulation: Simulation, people: People, purposes: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Each that is asked for one of these, or for one of the people, once."""
    asked: dict[tuple[str, ...], None] = {}
    own_models = dict.fromkeys(person.state.model for person in people if person.state.model is not None)
    for purpose, own in [*((purpose, None) for purpose in purposes), *(("turn", own) for own in own_models)]:
        with suppress(UnknownModelError):  # whoever runs the study is told
            asked[simulation.models.named(purpose, own)] = None
    return tuple(asked)


def _named(simulation: Simulation, purpose: str, own: str | None = None) -> Sequence[str]:
    """Who is asked, one after the other, for somebody who may have a model of their own."""
    with suppress(UnknownModelError):  # whoever runs the study is told
        return simulation.models.named(purpose, own)
    return ()


def _price(model: str, simulation: Simulation) -> Price | None:
    with suppress(UnknownModelError):  # whoever runs the study is told
        return simulation.runtime.price_of(model)
    return None


def _unpriced(named: Sequence[str], simulation: Simulation) -> tuple[str, ...]:
    """Those of which nobody knows what they cost, or who they are."""
    return tuple(model for model in dict.fromkeys(named) if _price(model, simulation) is None)


def _stand_ins(group: Group, simulation: Simulation) -> casting.Cast:
    """As many people as would be asked for, each with as long a persona as is usual."""
    wanted = group.generate
    assert wanted is not None  # noqa: S101 - for the type checker
    number = len(simulation)
    names = [f"Somebody {number + place}" for place in range(1, wanted.count + 1)]
    persona = "a person " * (PERSONA // len("a person "))
    options = casting.given(group)
    return casting.Cast(People([TinyPerson(name, persona, simulation=simulation, **options) for name in names]))


def _casting(study: Study) -> Part:
    wanted = [group.generate for group in study.people if group.generate is not None]
    calls = sum(each.count for each in wanted)
    asked = sum(each.count * (CASTING + len(each.context) + len(each.particularities)) for each in wanted)
    return Part(calls, asked // CHARACTERS, calls * CAST)


def _turns(study: Study, came: casting.Cast, growth: int) -> tuple[dict[str, Part], int]:
    """Each one's prompt at first, and how it grows; and how long that of one person is in the end."""
    people = came.people
    world = world_of(study, people, people[0].simulation)
    if study.stimulus:
        present(world, study.stimulus[0], study, came.groups)
    first = {person.name: len(person.prompt()) for person in people}
    rounds = histories = history = 0
    for number, stimulus in enumerate(study.stimulus):
        if number:
            history += len(stimulus.say or stimulus.see or stimulus.think or "")
            history += PICTURE * len(several(stimulus.images))
        for _ in range(study.rounds_of(stimulus)):
            rounds += 1
            histories += history
            history = history + growth if history + growth <= LONGEST else CUT
    turns = {
        who: Part(rounds, (prompt * rounds + histories) // CHARACTERS, rounds * ANSWER) for who, prompt in first.items()
    }
    return turns, sum(first.values()) // len(people) + history


def _consolidating(person: TinyPerson, rounds: int) -> Part:
    """What it takes to make memories of what somebody went through."""
    episode = getattr(person.state.memory_kind, "episode", 0)
    calls = rounds // episode if episode else 0
    return Part(calls, calls * EPISODE // CHARACTERS, calls * RECOLLECTIONS)


def _asking(study: Study, came: casting.Cast, prompt: int) -> dict[str, Part]:
    """What each is asked in the end, if their prompts are so long by then."""
    asked = {person.name: Part() for person in came.people}
    for question in study.ask:
        fields, put = len(question.fields), question.replicates
        sent = put * (prompt + len(question.question) + FORM + FORM_FIELD * fields)
        for person in asked_by(question, study, came.people, came.groups):
            asked[person.name] += Part(put, sent // CHARACTERS, put * (ANSWER + FOUND * fields))
        prompt += OWN if question.remember else 0
    return asked


def _extraction(study: Study, people: People, rounds: int, growth: int) -> dict[str, Part]:
    """By whom it is about; nobody's, if it is about all together."""
    if study.findings is None:
        return {}
    said = sum(len(each.say or each.see or each.think or "") for each in study.stimulus)
    read = READER + len(study.findings.objective) + said
    found = FOUND * len(Fields.of(study.findings.fields).fields)
    those = respondents(study, people).names
    if study.findings.of == "people":
        return {who: Part(1, (read + rounds * growth) // CHARACTERS, found) for who in those}
    return {"": Part(1, (read + rounds * len(those) * (HEARD + OWN) // 2) // CHARACTERS, found)}
