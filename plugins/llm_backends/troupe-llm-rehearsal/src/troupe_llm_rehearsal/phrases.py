"""What sentences are made of: pools of clauses, by what they are for."""

from __future__ import annotations

import tomllib
from importlib.resources import files

_TEXT = files(__package__).joinpath("phrases.toml").read_text(encoding="utf-8")
POOLS = {name: tuple(" ".join(text.split()).split(" | ")) for name, text in tomllib.loads(_TEXT).items()}
