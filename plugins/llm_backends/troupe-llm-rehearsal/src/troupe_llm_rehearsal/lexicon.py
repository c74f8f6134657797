"""Words that mean something to the puppets themselves: `words.toml`."""

from __future__ import annotations

import tomllib
from importlib.resources import files


def data(name: str) -> dict[str, str]:
    """One of the files with texts that lie beside this module."""
    text = files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return {key: " ".join(value.split()) for key, value in tomllib.loads(text).items()}


_TEXTS = data("words")
WORDS = {name: frozenset(text.split()) for name, text in _TEXTS.items()}
"""Sets of words, by what they are for."""
COMMON, NEGATORS = WORDS["common"], WORDS["negators"]
GLAD, SAD = WORDS["glad"], WORDS["sad"]
LIKED_KEYS, DISLIKED_KEYS = WORDS["liked_keys"], WORDS["disliked_keys"]
GOAL_KEYS, BELIEF_KEYS = WORDS["goal_keys"], WORDS["belief_keys"]
DEAR, CHEAP = WORDS["dear"], WORDS["cheap"]
NOT_LIKED = tuple(_TEXTS["not_liked"].split(" | "))
_FORMS = _TEXTS["irregular"].split()
IRREGULAR = dict(zip(_FORMS[::2], _FORMS[1::2], strict=True))
TRAITS = {name: (WORDS[f"more {name}"], WORDS[f"less {name}"]) for name in
          ("warmth", "talk", "curiosity", "worry", "care", "thrift")}  # fmt: skip
"""What shows more of a trait, and what less."""
BIG_FIVE = {"openness": "curiosity", "conscientiousness": "care", "extraversion": "talk", "extroversion": "talk",
            "agreeableness": "warmth", "neuroticism": "worry"}  # fmt: skip
