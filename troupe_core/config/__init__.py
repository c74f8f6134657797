"""Settings: one tree, from a file, the environment and code."""

from __future__ import annotations

from troupe_core.config.listing import Setting, listed, shown
from troupe_core.config.reading import structured
from troupe_core.config.sources import Environment, FileSource, Layers, Source, layers_for, read, text_of
from troupe_core.config.tree import Limits

__all__ = [
    "Environment",
    "FileSource",
    "Layers",
    "Limits",
    "Setting",
    "Source",
    "layers_for",
    "listed",
    "read",
    "shown",
    "structured",
    "text_of",
]
