"""Troupe: simulating people with language models, in order to understand people.

    from troupe_core import Simulation, TinyPerson, TinyWorld

Importing this package loads nothing but itself; each name is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from troupe_core import control
    from troupe_core.builtin.episodic import EpisodicMemory
    from troupe_core.caching import force_api_cache
    from troupe_core.errors import (
        AmbiguousSimulation,
        ArgumentError,
        Busy,
        JournalError,
        ModelError,
        OutputError,
        PluginError,
        ReplayError,
        RunStopped,
        SimulationEnded,
        TroupeError,
    )
    from troupe_core.events import Fact, ModelCall, Remark, StepEnded, TurnEnded
    from troupe_core.hookspecs import hookimpl
    from troupe_core.llm.handlers import Capabilities, LLMBackend, LLMHandler, LLMWrapper
    from troupe_core.llm.request import Call, Form, LLMRequest, Message, ModelRef, Parameters
    from troupe_core.llm.response import LLMChunk, LLMResponse, Usage
    from troupe_core.people.faculty import TinyMentalFaculty, action
    from troupe_core.people.memory import PAUSE, Memory, Recalled
    from troupe_core.people.mind import Mind
    from troupe_core.people.person import TinyPerson
    from troupe_core.people.prompt import Prompt
    from troupe_core.people.turn import Turn
    from troupe_core.records import BackendSpec, FacultySpec, MemorySpec
    from troupe_core.runtime import Runtime
    from troupe_core.simulation.entities import TinyThing, transactional
    from troupe_core.simulation.journal.replay import Replay
    from troupe_core.simulation.journal.why import Why
    from troupe_core.simulation.lookup import current_simulation
    from troupe_core.simulation.meter import Spent
    from troupe_core.simulation.rng import Stream
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.simulation.transaction import Outcome, Transaction, TransactionHandler
    from troupe_core.worlds.report import Failure, RunReport
    from troupe_core.worlds.world import TinyWorld

__version__ = "0.1.0"

_HOMES = {
    "troupe_core.builtin.episodic": ("EpisodicMemory",),
    "troupe_core.caching": ("force_api_cache",),
    "troupe_core.errors": (
        "AmbiguousSimulation",
        "ArgumentError",
        "Busy",
        "JournalError",
        "ModelError",
        "OutputError",
        "PluginError",
        "ReplayError",
        "RunStopped",
        "SimulationEnded",
        "TroupeError",
    ),
    "troupe_core.events": ("Fact", "ModelCall", "Remark", "StepEnded", "TurnEnded"),
    "troupe_core.hookspecs": ("hookimpl",),
    "troupe_core.llm.handlers": ("Capabilities", "LLMBackend", "LLMHandler", "LLMWrapper"),
    "troupe_core.llm.request": ("Call", "Form", "LLMRequest", "Message", "ModelRef", "Parameters"),
    "troupe_core.llm.response": ("LLMChunk", "LLMResponse", "Usage"),
    "troupe_core.people.faculty": ("TinyMentalFaculty", "action"),
    "troupe_core.people.memory": ("Memory", "PAUSE", "Recalled"),
    "troupe_core.people.mind": ("Mind",),
    "troupe_core.people.person": ("TinyPerson",),
    "troupe_core.people.prompt": ("Prompt",),
    "troupe_core.people.turn": ("Turn",),
    "troupe_core.records": ("BackendSpec", "FacultySpec", "MemorySpec"),
    "troupe_core.runtime": ("Runtime",),
    "troupe_core.simulation.entities": ("TinyThing", "transactional"),
    "troupe_core.simulation.journal.replay": ("Replay",),
    "troupe_core.simulation.journal.why": ("Why",),
    "troupe_core.simulation.lookup": ("current_simulation",),
    "troupe_core.simulation.meter": ("Spent",),
    "troupe_core.simulation.rng": ("Stream",),
    "troupe_core.simulation.simulation": ("Simulation",),
    "troupe_core.simulation.transaction": ("Outcome", "Transaction", "TransactionHandler"),
    "troupe_core.worlds.report": ("Failure", "RunReport"),
    "troupe_core.worlds.world": ("TinyWorld",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "PAUSE",
    "AmbiguousSimulation",
    "ArgumentError",
    "BackendSpec",
    "Busy",
    "Call",
    "Capabilities",
    "EpisodicMemory",
    "Fact",
    "FacultySpec",
    "Failure",
    "Form",
    "JournalError",
    "LLMBackend",
    "LLMChunk",
    "LLMHandler",
    "LLMRequest",
    "LLMResponse",
    "LLMWrapper",
    "Memory",
    "MemorySpec",
    "Message",
    "Mind",
    "ModelCall",
    "ModelError",
    "ModelRef",
    "Outcome",
    "OutputError",
    "Parameters",
    "PluginError",
    "Prompt",
    "Recalled",
    "Remark",
    "Replay",
    "ReplayError",
    "RunReport",
    "RunStopped",
    "Runtime",
    "Simulation",
    "SimulationEnded",
    "Spent",
    "StepEnded",
    "Stream",
    "TinyMentalFaculty",
    "TinyPerson",
    "TinyThing",
    "TinyWorld",
    "Transaction",
    "TransactionHandler",
    "TroupeError",
    "Turn",
    "TurnEnded",
    "Usage",
    "Why",
    "action",
    "control",
    "current_simulation",
    "force_api_cache",
    "hookimpl",
    "transactional",
]


def __getattr__(name: str) -> Any:
    if name == "control":
        from importlib import import_module

        return import_module("troupe_core.control")
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(home), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
