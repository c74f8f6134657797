"""What happens in a simulation, shown while it happens: `with present(simulation): …`."""

from __future__ import annotations

from troupe_presenter.characters import harmless, showable
from troupe_presenter.folding import cells, unbroken
from troupe_presenter.gathering import together
from troupe_presenter.json_lines import JsonLines
from troupe_presenter.json_text import json_text
from troupe_presenter.lines import Lines, style_of, words_of
from troupe_presenter.presenting import Style, present
from troupe_presenter.shown import Shown
from troupe_presenter.tally import counted

__version__ = "0.1.0"

__all__ = [
    "JsonLines",
    "Lines",
    "Shown",
    "Style",
    "cells",
    "counted",
    "harmless",
    "json_text",
    "present",
    "showable",
    "style_of",
    "together",
    "unbroken",
    "words_of",
]
