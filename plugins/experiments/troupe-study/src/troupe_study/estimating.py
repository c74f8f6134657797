"""About what a run takes, before anything is spent: the people are made and told the first thing in a simulation that
nobody runs, and their real prompts are measured. How much people say is assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import attrs

from troupe_core import Fields, People, Price, Runtime, Simulation, TinyPerson, UnknownModelError, Usage
from troupe_core.llm import BILLION, FREE, usd
from troupe_study import casting
from troupe_study.running import present, respondents, world_of
from troupe_study.study import Group, Study
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
    """What calls for one purpose come to."""

    calls: int = 0
    input: int = 0
    output: int = 0
    price: Price | None = FREE
    """What the model costs that is asked first; None: nobody knows."""
    unpriced: tuple[str, ...] = ()
    """The models that may be asked for it, and whose price nobody knows."""

    @property
    def cost(self) -> int | None:
        """In billionths of a dollar."""
        if not self.calls:
            return 0
        return None if self.price is None else self.price.cost(Usage(self.input, self.output))

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return {"calls": self.calls, "input": self.input, "output": self.output, "money": dollars(self.cost)}


@attrs.frozen
class Estimate:
    """About what a run takes, by purpose. What is recorded already costs nothing, and is not taken off."""

    people: int
    rounds: int
    parts: dict[str, Part]
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
    def cost(self) -> int | None:
        """In billionths of a US dollar; None: nobody knows what one of the models costs."""
        costs = [part.cost for part in self.parts.values()]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None

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
        dated = sorted(
            {part.price.as_of for part in self.parts.values() if part.cost and part.price is not None} - {""}
        )
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
        episodes = [getattr(person.state.memory_kind, "episode", 0) for person in people]
        recalling = sum(rounds // episode for episode in episodes if episode)
        turns, prompt = _turns(study, came, growth)
        parts = {
            "casting": _casting(study),
            "turn": turns,
            "consolidation": Part(recalling, recalling * EPISODE // CHARACTERS, recalling * RECOLLECTIONS),
            "ask": _asking(study, came, prompt),
            "extraction": _extraction(study, len(respondents(study, people)), rounds, growth),
        }
        parts = {purpose: _priced(purpose, part, simulation) for purpose, part in parts.items()}
        models = _models(simulation, people, [purpose for purpose, part in parts.items() if part.calls])
        spared_from = (study.degradation or simulation.degradation).cheaper_from
        named = [*simulation.models.all_named(), *(model for several in models for model in several)]
        unpriced = _unpriced(named, simulation)
    finally:
        simulation.close()
    return Estimate(len(people), rounds, parts, models, spared_from, unpriced)


def _models(simulation: Simulation, people: People, purposes: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Each that is asked for one of these, or for one of the people, once."""
    asked: dict[tuple[str, ...], None] = {}
    own_models = dict.fromkeys(person.state.model for person in people if person.state.model is not None)
    for purpose, own in [*((purpose, None) for purpose in purposes), *(("turn", own) for own in own_models)]:
        with suppress(UnknownModelError):  # whoever runs the study is told
            asked[simulation.models.named(purpose, own)] = None
    return tuple(asked)


def _priced(purpose: str, part: Part, simulation: Simulation) -> Part:
    """With the price of the model that is asked first, and those that have none."""
    try:
        named = simulation.models.all_named([purpose])
        price = simulation.runtime.price_of(named[0]) if named else None
        return attrs.evolve(part, price=price, unpriced=_unpriced(named, simulation))
    except UnknownModelError:  # whoever runs the study is told
        return attrs.evolve(part, price=None)


def _unpriced(named: Sequence[str], simulation: Simulation) -> tuple[str, ...]:
    """Those of which nobody knows what they cost, or who they are."""
    without: dict[str, None] = {}
    for model in named:
        with suppress(UnknownModelError):  # whoever runs the study is told
            if simulation.runtime.price_of(model) is None:
                without[model] = None
    return tuple(without)


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


def _turns(study: Study, came: casting.Cast, growth: int) -> tuple[Part, int]:
    """Everybody's prompt at first, and how it grows; and how long that of one person is in the end."""
    people = came.people
    world = world_of(study, people, people[0].simulation)
    if study.stimulus:
        present(world, study.stimulus[0], study, came.groups)
    first = sum(len(person.prompt()) for person in people)
    calls = asked = history = 0
    for number, stimulus in enumerate(study.stimulus):
        if number:
            history += len(stimulus.say or stimulus.see or stimulus.think or "")
        for _ in range(study.rounds_of(stimulus)):
            calls += len(people)
            asked += first + history * len(people)
            history = history + growth if history + growth <= LONGEST else CUT
    return Part(calls, asked // CHARACTERS, calls * ANSWER), first // len(people) + history


def _asking(study: Study, came: casting.Cast, prompt: int) -> Part:
    """What each is asked in the end, if their prompts are so long by then."""
    calls = asked = answered = 0
    for question in study.ask:
        those = [each for each in respondents(study, came.people) if question.to in (None, came.groups.get(each.name))]
        fields = len(question.fields)
        put = len(those) * question.replicates
        calls += put
        asked += put * (prompt + len(question.question) + FORM + FORM_FIELD * fields)
        answered += put * (ANSWER + FOUND * fields)
        prompt += OWN if question.remember else 0
    return Part(calls, asked // CHARACTERS, answered)


def _extraction(study: Study, people: int, rounds: int, growth: int) -> Part:
    if study.findings is None:
        return Part()
    said = sum(len(each.say or each.see or each.think or "") for each in study.stimulus)
    fields = Fields.of(study.findings.fields).fields
    read = READER + len(study.findings.objective) + said
    calls = people if study.findings.of == "people" else 1
    lines = rounds * growth if study.findings.of == "people" else rounds * people * (HEARD + OWN) // 2
    return Part(calls, calls * (read + lines) // CHARACTERS, calls * FOUND * len(fields))
