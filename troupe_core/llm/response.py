"""What a model answers."""

from __future__ import annotations

import attrs


@attrs.frozen(slots=True)
class Usage:
    """Tokens as the provider counted them. `cached` is the part of the input that it had seen before."""

    input: int = 0
    output: int = 0
    cached: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.input + other.input, self.output + other.output, self.cached + other.cached)


NO_USAGE = Usage()


@attrs.frozen(slots=True)
class LLMResponse:
    """One complete answer. `finish` is "stop", "length" when it was cut off, or "refusal"."""

    text: str
    """If the request has a schema, one JSON object that fits it."""
    usage: Usage = NO_USAGE
    model: str = ""
    """Which model it was, as the provider tells it."""
    finish: str = "stop"


@attrs.frozen(slots=True)
class LLMChunk:
    """A piece of an answer; the last one carries usage and finish."""

    text: str
    usage: Usage | None = None
    finish: str | None = None
