"""What a plugin has to keep to, as classes of tests. A plugin's own tests subclass the one of its kind.

    from troupe_testing.conformance import FacultyConformance

    class TestMood(FacultyConformance):
        plugin = "troupe_faculty_mood"

Each check is one promise, and says in its docstring which. One that has nothing to look at is skipped, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from troupe_testing.conformance.backend import LLMBackendConformance
    from troupe_testing.conformance.cache import CacheConformance
    from troupe_testing.conformance.embedder import EmbedderConformance
    from troupe_testing.conformance.enricher import EnricherConformance
    from troupe_testing.conformance.extractor import ExtractorConformance
    from troupe_testing.conformance.faculty import FacultyConformance
    from troupe_testing.conformance.malleable import MalleableMemoryConformance
    from troupe_testing.conformance.memory import MemoryConformance
    from troupe_testing.conformance.plugin import PluginConformance
    from troupe_testing.conformance.stage import Stage
    from troupe_testing.conformance.tool import ToolConformance
    from troupe_testing.conformance.wire import WireConformance
    from troupe_testing.conformance.wrapper import LLMWrapperConformance

_HOMES = {
    "backend": ("LLMBackendConformance",),
    "cache": ("CacheConformance",),
    "embedder": ("EmbedderConformance",),
    "enricher": ("EnricherConformance",),
    "extractor": ("ExtractorConformance",),
    "faculty": ("FacultyConformance",),
    "malleable": ("MalleableMemoryConformance",),
    "memory": ("MemoryConformance",),
    "plugin": ("PluginConformance",),
    "stage": ("Stage",),
    "tool": ("ToolConformance",),
    "wire": ("WireConformance",),
    "wrapper": ("LLMWrapperConformance",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "CacheConformance",
    "EmbedderConformance",
    "EnricherConformance",
    "ExtractorConformance",
    "FacultyConformance",
    "LLMBackendConformance",
    "LLMWrapperConformance",
    "MalleableMemoryConformance",
    "MemoryConformance",
    "PluginConformance",
    "Stage",
    "ToolConformance",
    "WireConformance",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
