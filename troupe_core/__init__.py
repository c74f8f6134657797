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
    from troupe_core.config.degradation import Degradation
    from troupe_core.config.tree import Budget, Config
    from troupe_core.enrichment import Enricher, EnrichmentTask, TinyEnricher
    from troupe_core.errors import (
        AmbiguousSimulation,
        AnswerRefused,
        ArgumentError,
        AskingStopped,
        AuthenticationError,
        BadRequest,
        BudgetExceeded,
        Busy,
        CastingStopped,
        ConfigError,
        ConnectionFailed,
        ContextTooLong,
        ExtractionStopped,
        FormRefused,
        JournalError,
        ModelError,
        ModelTimeout,
        ModelUnavailable,
        OutputError,
        PluginError,
        QuotaError,
        RateLimited,
        Refused,
        ReplayError,
        RunStopped,
        SecretError,
        SimulationEnded,
        TroupeError,
        UnknownModelError,
        UnknownPrice,
        Unsupported,
    )
    from troupe_core.events import (
        Answered,
        AnswerReused,
        Fact,
        FactsAdded,
        ModelCall,
        Remark,
        StepEnded,
        TurnEnded,
    )
    from troupe_core.extraction.extractor import ExtractionTask, Extractor
    from troupe_core.extraction.results_extractor import ResultsExtractor
    from troupe_core.factories.casting import Uncast
    from troupe_core.factories.factory import TinyFactory
    from troupe_core.factories.person_factory import TinyPersonFactory
    from troupe_core.findings.fields import Fields, Scale
    from troupe_core.findings.finding import Finding
    from troupe_core.findings.rows import Results, Row
    from troupe_core.findings.transcript import Transcript
    from troupe_core.hookspecs import hookimpl
    from troupe_core.llm.embedding import Embedder, EmbeddingHandler, Embeddings, EmbeddingWrapper
    from troupe_core.llm.handlers import Capabilities, LLMBackend, LLMHandler, LLMWrapper
    from troupe_core.llm.ledger import Ledger, LedgerRow
    from troupe_core.llm.meter import Spent
    from troupe_core.llm.prices import Price, PriceTable
    from troupe_core.llm.request import Call, Form, LLMRequest, Message, ModelRef, Parameters
    from troupe_core.llm.response import LLMChunk, LLMResponse, Substitute, Usage, Written
    from troupe_core.people.faculty import TinyMentalFaculty, action
    from troupe_core.people.fragments import PersonaConflict
    from troupe_core.people.memory import PAUSE, FiledMemory, MalleableMemory, Memory, Recalled
    from troupe_core.people.mind import Mind
    from troupe_core.people.people import People
    from troupe_core.people.person import TinyPerson
    from troupe_core.people.prompt import Prompt
    from troupe_core.people.prompts import Asked
    from troupe_core.people.tool import CannotTell, TinyTool, ToolCall, ToolFailure, ToolHandler
    from troupe_core.people.turn import Turn
    from troupe_core.records import (
        BackendSpec,
        CommandSpec,
        EmbedderSpec,
        EnricherSpec,
        ExtractorSpec,
        FacultySpec,
        MemorySpec,
        TemplatesSpec,
        ToolSpec,
    )
    from troupe_core.runtime import Runtime
    from troupe_core.secrets import SecretRef
    from troupe_core.simulation.desk import Desk
    from troupe_core.simulation.entities import TinyThing, transactional
    from troupe_core.simulation.journal.replay import Replay
    from troupe_core.simulation.journal.why import Why
    from troupe_core.simulation.lookup import current_simulation
    from troupe_core.simulation.rng import Stream
    from troupe_core.simulation.simulation import Simulation
    from troupe_core.simulation.transaction import Outcome, Transaction, TransactionHandler
    from troupe_core.worlds.report import Failure, RunReport
    from troupe_core.worlds.world import TinyWorld

__version__ = "0.1.0"

_HOMES = {
    "troupe_core.builtin.episodic": ("EpisodicMemory",),
    "troupe_core.caching": ("force_api_cache",),
    "troupe_core.config.degradation": ("Degradation",),
    "troupe_core.config.tree": ("Budget", "Config"),
    "troupe_core.enrichment": ("Enricher", "EnrichmentTask", "TinyEnricher"),
    "troupe_core.errors": (
        "AmbiguousSimulation",
        "AnswerRefused",
        "ArgumentError",
        "AskingStopped",
        "AuthenticationError",
        "BadRequest",
        "BudgetExceeded",
        "Busy",
        "CastingStopped",
        "ConfigError",
        "ConnectionFailed",
        "ContextTooLong",
        "ExtractionStopped",
        "FormRefused",
        "JournalError",
        "ModelError",
        "ModelTimeout",
        "ModelUnavailable",
        "OutputError",
        "PluginError",
        "QuotaError",
        "RateLimited",
        "Refused",
        "ReplayError",
        "RunStopped",
        "SecretError",
        "SimulationEnded",
        "TroupeError",
        "UnknownModelError",
        "UnknownPrice",
        "Unsupported",
    ),
    "troupe_core.events": (
        "AnswerReused",
        "Answered",
        "Fact",
        "FactsAdded",
        "ModelCall",
        "Remark",
        "StepEnded",
        "TurnEnded",
    ),
    "troupe_core.extraction.extractor": ("ExtractionTask", "Extractor"),
    "troupe_core.factories.casting": ("Uncast",),
    "troupe_core.factories.factory": ("TinyFactory",),
    "troupe_core.factories.person_factory": ("TinyPersonFactory",),
    "troupe_core.findings.fields": ("Fields", "Scale"),
    "troupe_core.findings.finding": ("Finding",),
    "troupe_core.extraction.results_extractor": ("ResultsExtractor",),
    "troupe_core.findings.rows": ("Results", "Row"),
    "troupe_core.findings.transcript": ("Transcript",),
    "troupe_core.hookspecs": ("hookimpl",),
    "troupe_core.llm.handlers": ("Capabilities", "LLMBackend", "LLMHandler", "LLMWrapper"),
    "troupe_core.llm.embedding": ("Embedder", "EmbeddingHandler", "EmbeddingWrapper", "Embeddings"),
    "troupe_core.llm.request": ("Call", "Form", "LLMRequest", "Message", "ModelRef", "Parameters"),
    "troupe_core.llm.response": ("LLMChunk", "LLMResponse", "Substitute", "Usage", "Written"),
    "troupe_core.people.faculty": ("TinyMentalFaculty", "action"),
    "troupe_core.people.fragments": ("PersonaConflict",),
    "troupe_core.people.memory": ("FiledMemory", "MalleableMemory", "Memory", "PAUSE", "Recalled"),
    "troupe_core.people.mind": ("Mind",),
    "troupe_core.people.people": ("People",),
    "troupe_core.people.person": ("TinyPerson",),
    "troupe_core.people.prompt": ("Prompt",),
    "troupe_core.people.prompts": ("Asked",),
    "troupe_core.people.turn": ("Turn",),
    "troupe_core.people.tool": ("CannotTell", "TinyTool", "ToolCall", "ToolFailure", "ToolHandler"),
    "troupe_core.records": (
        "BackendSpec",
        "CommandSpec",
        "EmbedderSpec",
        "EnricherSpec",
        "ExtractorSpec",
        "FacultySpec",
        "MemorySpec",
        "TemplatesSpec",
        "ToolSpec",
    ),
    "troupe_core.runtime": ("Runtime",),
    "troupe_core.secrets": ("SecretRef",),
    "troupe_core.simulation.desk": ("Desk",),
    "troupe_core.simulation.entities": ("TinyThing", "transactional"),
    "troupe_core.simulation.journal.replay": ("Replay",),
    "troupe_core.simulation.journal.why": ("Why",),
    "troupe_core.simulation.lookup": ("current_simulation",),
    "troupe_core.llm.ledger": ("Ledger", "LedgerRow"),
    "troupe_core.llm.meter": ("Spent",),
    "troupe_core.llm.prices": ("Price", "PriceTable"),
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
    "AnswerRefused",
    "AnswerReused",
    "Answered",
    "ArgumentError",
    "Asked",
    "AskingStopped",
    "AuthenticationError",
    "BackendSpec",
    "BadRequest",
    "Budget",
    "BudgetExceeded",
    "Busy",
    "Call",
    "CannotTell",
    "Capabilities",
    "CastingStopped",
    "CommandSpec",
    "Config",
    "ConfigError",
    "ConnectionFailed",
    "ContextTooLong",
    "Degradation",
    "Desk",
    "Embedder",
    "EmbedderSpec",
    "EmbeddingHandler",
    "EmbeddingWrapper",
    "Embeddings",
    "Enricher",
    "EnricherSpec",
    "EnrichmentTask",
    "EpisodicMemory",
    "ExtractionStopped",
    "ExtractionTask",
    "Extractor",
    "ExtractorSpec",
    "Fact",
    "FactsAdded",
    "FacultySpec",
    "Failure",
    "Fields",
    "FiledMemory",
    "Finding",
    "Form",
    "FormRefused",
    "JournalError",
    "LLMBackend",
    "LLMChunk",
    "LLMHandler",
    "LLMRequest",
    "LLMResponse",
    "LLMWrapper",
    "Ledger",
    "LedgerRow",
    "MalleableMemory",
    "Memory",
    "MemorySpec",
    "Message",
    "Mind",
    "ModelCall",
    "ModelError",
    "ModelRef",
    "ModelTimeout",
    "ModelUnavailable",
    "Outcome",
    "OutputError",
    "Parameters",
    "People",
    "PersonaConflict",
    "PluginError",
    "Price",
    "PriceTable",
    "Prompt",
    "QuotaError",
    "RateLimited",
    "Recalled",
    "Refused",
    "Remark",
    "Replay",
    "ReplayError",
    "Results",
    "ResultsExtractor",
    "Row",
    "RunReport",
    "RunStopped",
    "Runtime",
    "Scale",
    "SecretError",
    "SecretRef",
    "Simulation",
    "SimulationEnded",
    "Spent",
    "StepEnded",
    "Stream",
    "Substitute",
    "TemplatesSpec",
    "TinyEnricher",
    "TinyFactory",
    "TinyMentalFaculty",
    "TinyPerson",
    "TinyPersonFactory",
    "TinyThing",
    "TinyTool",
    "TinyWorld",
    "ToolCall",
    "ToolFailure",
    "ToolHandler",
    "ToolSpec",
    "Transaction",
    "TransactionHandler",
    "Transcript",
    "TroupeError",
    "Turn",
    "TurnEnded",
    "Uncast",
    "UnknownModelError",
    "UnknownPrice",
    "Unsupported",
    "Usage",
    "Why",
    "Written",
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
