"""Respondents whose opinions and biases are known, so that what a study finds can be compared with the truth."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeAlias

import orjson

from troupe_core import ArgumentError, Call, Capabilities, LLMBackend, LLMRequest, LLMResponse, Stream, Usage
from troupe_testing.scripted import talk, turn

Option: TypeAlias = Hashable
"""Text, a number, or a truth value."""

AGREEING = ("strongly agree", "agree", "yes", "true")
"""What assent is called, the strongest first."""
MOST_OPTIONS = 1_000


class BiasedModel(LLMBackend):
    """Answers choice questions by a distribution: texts of an enumeration, numbers of a range, true or false. In a
    turn, and where no form is asked for, it says one of the choices that the question names. Each request, hence each
    person and each draw, has an answer of its own, the same in every run.

    `chances` are the weights of answers, whatever is asked; of options among which it knows none, each is as likely.
    The rest are probabilities of answering otherwise than by opinion: `order`, that the first option is taken;
    `agreement`, the one that agrees, which is the highest number, or yes; `middle`, one in the middle
    of a scale, which three or more options are. Where there is no such option, that share goes by opinion too.
    """

    name = "biased"
    capabilities = Capabilities(json_schema=True)
    free = True

    def __init__(
        self,
        chances: Mapping[Any, float] | None = None,
        *,
        order: float = 0.0,
        agreement: float = 0.0,
        middle: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.chances = dict(chances or {})
        self.order, self.agreement, self.middle, self.seed = order, agreement, middle, seed
        numbers = (*self.chances.values(), order, agreement, middle)
        if not all(0 <= number < math.inf for number in numbers) or order + agreement + middle > 1:
            raise ArgumentError(
                f"chances are weights from 0 on, and order, agreement and middle probabilities that come to 1 at most; "
                f"got {self.chances}, {order}, {agreement} and {middle}"
            )

    def probabilities(self, options: Sequence[Option]) -> dict[Any, float]:
        """How likely each of these options is, offered in this order: what a study of them should find."""
        given = list(dict.fromkeys(options))
        if not given:
            raise ArgumentError("a choice among no options has no probabilities; give at least one")
        weights = [self.chances.get(option, 0.0) for option in given]
        weights = weights if sum(weights) else [1.0] * len(given)
        told = [(self.order, given[:1]), (self.agreement, _agreeing(given)), (self.middle, _middling(given))]
        biases = [(share, chosen) for share, chosen in told if chosen]
        opinion = 1.0 - sum(share for share, _ in biases)
        found = {option: opinion * weight / sum(weights) for option, weight in zip(given, weights, strict=True)}
        for share, chosen in biases:
            for option in chosen:
                found[option] += share / len(chosen)
        return found

    def choose(self, options: Sequence[Option], stream: Stream) -> Any:
        """One of the options, drawn by their probabilities."""
        chances, at = self.probabilities(options), stream.random()
        for option, chance in chances.items():
            at -= chance
            if at < 0:
                return option
        return max(chances, key=chances.__getitem__)  # what rounding has left over

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        stream, schema = Stream(self.seed, request.key.hex(), "choice", 0), request.schema
        if schema is None:
            text = str(self.choose(self._offered(request), stream))
        elif "actions" in schema.get("properties", {}):
            text = orjson.dumps(turn(talk(str(self.choose(self._offered(request), stream))))).decode()
        else:
            text = orjson.dumps(self._filled(schema, schema, stream)).decode()
        asked = sum(len(message.content) for message in request.messages)
        return LLMResponse(text, Usage(asked // 4, len(text) // 4), model=request.model)

    def _offered(self, request: LLMRequest) -> list[Option]:
        """The choices that the last message names, in its order; all of them, if it names none."""
        said = request.messages[-1].content.casefold()
        places = {option: said.find(str(option).casefold()) for option in self.chances}
        named = [option for option, place in places.items() if place >= 0]
        return sorted(named, key=places.__getitem__) or list(self.chances) or ["yes", "no"]

    def _filled(self, node: Mapping[str, Any], whole: Mapping[str, Any], stream: Stream) -> Any:
        """A value that fits, with a choice of ours wherever there is one."""
        if (options := options_in(node)) is not None:
            return self.choose(options, stream)
        if "properties" in node:
            return {name: self._filled(item, whole, stream) for name, item in node["properties"].items()}
        if node.get("type") == "array" and "items" in node:
            return [self._filled(node["items"], whole, stream) for _ in range(node.get("minItems", 0))]
        from troupe_testing.server.fitting import fit  # with which the whole server comes

        return fit({**node, "$defs": whole.get("$defs", {})})


def options_in(node: Mapping[str, Any]) -> list[Option] | None:
    """What a schema offers to choose from; None, if it is no choice."""
    if "enum" in node:
        return list(node["enum"])
    if node.get("type") == "boolean":
        return [True, False]
    low, high = node.get("minimum"), node.get("maximum")
    if node.get("type") in ("integer", "number") and low is not None and high is not None:
        whole = range(math.ceil(low), math.floor(high) + 1)
        return list(whole) if 0 < len(whole) <= MOST_OPTIONS else None
    return None


def _is_number(option: Option) -> bool:
    return isinstance(option, int | float) and not isinstance(option, bool)


def _agreeing(options: list[Any]) -> list[Any]:
    if all(map(_is_number, options)):
        return [max(options)]
    words = {str(option).casefold(): option for option in options}
    return [words[word] for word in AGREEING if word in words][:1]


def _middling(options: list[Any]) -> list[Any]:
    """One, or the two next to the middle, of three or more; numbers by their size, others by their place."""
    if len(options) < 3:
        return []
    ordered = sorted(options) if all(map(_is_number, options)) else options
    return ordered[(len(ordered) - 1) // 2 : len(ordered) // 2 + 1]
