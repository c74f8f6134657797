"""What a model answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf, isfinite
from typing import Any, Self

import attrs


@attrs.frozen(slots=True)
class Usage:
    """Tokens as the provider counted them. `cached` is the part of the input that it had seen before, `reasoning` the
    part of the output that nobody sees: a model's thoughts.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    reasoning: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cached + other.cached,
            self.reasoning + other.reasoning,
        )

    def __sub__(self, other: Usage) -> Usage:
        return self + Usage(-other.input, -other.output, -other.cached, -other.reasoning)

    def numbers(self) -> list[int]:
        """As files hold them: `Usage(*numbers)` is the same again."""
        three = [self.input, self.output, self.cached]
        return [*three, self.reasoning] if self.reasoning else three


NO_USAGE = Usage()

REHEARSAL = "rehearsal"
"""The mark of what puppets answer, and of all that is made of it: it is no evidence about people."""


def caution(mark: str) -> str:
    """What stands under findings and reports that bear a mark, for whoever reads them."""
    said = "puppets said this; it" if mark == REHEARSAL else "this"
    return f"{mark}: {said} is no evidence about people"


@attrs.frozen(slots=True)
class Substitute:
    """Which of several models answered, where it was not the first of them, and why that one did not."""

    model: str
    """Who answered, as it is named in the settings: `backend/model`."""
    instead_of: str
    """Who was to be asked first."""
    why: str
    """What became of that: the kind of error, and what it said; or how much of the budget is spent."""

    def __str__(self) -> str:
        return f"{self.model} instead of {self.instead_of} ({self.why})"

    def plain(self) -> dict[str, str]:
        """As files hold it: `Substitute(**plain)` is the same again."""
        return {"model": self.model, "instead_of": self.instead_of, "why": self.why}


def substituted(found: Iterable[Substitute | None], of: str, come: str = "with") -> list[str]:
    """A line for each model that has answered instead of another: how often it did, and why it did so first. `of` says
    what was found, in the plural, and `come` how that comes of the answers: "3 of 12 findings rest on …".
    """
    each = list(found)
    firsts: dict[tuple[str, str], Substitute] = {}
    for one in each:
        if one is not None:
            firsts.setdefault((one.model, one.instead_of), one)
    counts = Counter((one.model, one.instead_of) for one in each if one is not None)
    return [f"{counts[pair]:,} of {len(each):,} {of} {come} {first}" for pair, first in firsts.items()]


@attrs.frozen(slots=True)
class Token:
    """A piece of an answer's text, and how likely the model found it there."""

    text: str
    logprob: float
    """The natural logarithm of its probability."""
    others: tuple[tuple[str, float], ...] = ()
    """What else the model might have said in this place, the likeliest first, if that was asked for too."""

    def plain(self) -> list[Any]:
        """As files hold it, which have no infinite numbers: `Token.of(plain)` is the same again."""
        one: list[Any] = [self.text, _finite(self.logprob)]
        return [*one, [[other, _finite(number)] for other, number in self.others]] if self.others else one

    @classmethod
    def of(cls, plain: Sequence[Any]) -> Token:
        """The inverse, or a `ValueError` or `TypeError`."""
        text, logprob, *others = plain
        found = tuple((str(other), _number(number)) for other, number in (others[0] if others else ()))
        return cls(str(text), _number(logprob), found)


def _finite(logprob: float) -> float | None:
    """None for what cannot be: its logarithm is minus infinity."""
    return logprob if isfinite(logprob) else None


def _number(plain: Any) -> float:
    return -inf if plain is None else float(plain)


@attrs.frozen(slots=True)
class LLMResponse:
    """One complete answer. `finish` is "stop", "length" when it was cut off, or "refusal"."""

    text: str
    """If the request has a schema, one JSON object that fits it."""
    usage: Usage = NO_USAGE
    model: str = ""
    """Which model it was, as the provider tells it."""
    finish: str = "stop"
    mark: str = attrs.field(default="", validator=attrs.validators.instance_of(str))
    """"rehearsal" where a puppet answered. What is marked is no evidence about people, nor is what is made of it."""
    substitute: Substitute | None = None
    """That it is not the first of several models who answered, and why. It is for whoever asks to say so: a backend, or
    what stands around it, leaves it as it is.
    """
    logprobs: tuple[Token, ...] = ()
    """How likely the words were, if that was asked for (`Parameters(extra={"logprobs": True})`), and told."""


class Written(str):
    """A text that a model has written, as any other, and who that was if it was not who should have been."""

    __slots__ = ("mark", "substitute")

    mark: str
    """"rehearsal" where a puppet has written it: then it is no evidence about people."""
    substitute: Substitute | None
    """That another model than the first of several has, and why."""

    def __new__(cls, text: str, mark: str = "", substitute: Substitute | None = None) -> Self:
        made = super().__new__(cls, text)
        made.mark, made.substitute = mark, substitute
        return made


@attrs.frozen(slots=True)
class LLMChunk:
    """A piece of an answer; the last one carries usage, finish and mark, and each how likely its words were."""

    text: str
    usage: Usage | None = None
    finish: str | None = None
    mark: str = ""
    logprobs: tuple[Token, ...] = ()
