"""What makes each of many who are asked for with the same words somebody else: a few seeded nudges for each number."""

from __future__ import annotations

import math

import attrs

from troupe_core.simulation.rng import Stream

LETTERS = "ABCDEFGHIJKLMNOPRSTV"
STRIDE = 149
"""It has no divisor in common with the number of pairs of letters, so that all pairs come before one comes again."""
SCALES = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
MINDS = (
    "something that is made or mended by hand",
    "how to make ends meet, or what to do with what is left over",
    "one other person",
    "this place, and whether to stay in it",
    "getting better at something",
    "an old disappointment",
    "what is going wrong in the world",
    "being left in peace",
    "what others think",
    "the body, and what it still or already can do",
    "keeping things going for others",
    "something to look forward to",
)
"""None belongs to one sort of people: who somebody is, the context says."""
IRRATIONAL = tuple(math.sqrt(prime) % 1 for prime in (2, 3, 5, 7, 11, 13))


@attrs.frozen
class Spark:
    """Of one person."""

    given: str
    """How the given name begins."""
    family: str
    temper: str
    mind: str
    lots: str
    """Where the person stands in a population, for one characteristic after the other: hundredths, evenly spread over
    those with neighbouring numbers.
    """


def spark(seed: int, factory: str, number: int) -> Spark:
    """The same for the same number, whoever else is asked for."""
    common = Stream(seed, factory, "casting", 0)
    pair = (common.below(len(LETTERS) ** 2) + STRIDE * number) % len(LETTERS) ** 2
    lots = [int(100 * ((common.random() + step * number) % 1)) for step in IRRATIONAL]
    own = Stream(seed, factory, "casting", number)
    return Spark(
        LETTERS[pair // len(LETTERS)],
        LETTERS[pair % len(LETTERS)],
        f"{own.choice(('much', 'little'))} {own.choice(SCALES)}",
        own.choice(MINDS),
        " ".join(f"{lot:02}" for lot in lots),
    )
