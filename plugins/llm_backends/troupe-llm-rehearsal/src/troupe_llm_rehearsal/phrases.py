"""What sentences are made of: pools of clauses, by what they are for."""

from __future__ import annotations

from troupe_llm_rehearsal.lexicon import data

POOLS = {name: tuple(text.split(" | ")) for name, text in data("phrases").items()}
