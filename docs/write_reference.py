"""Writes docs/reference from the code that it is about: `make reference`. A test fails when it is out of date."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, get_args

import troupe_core
from read_code import constructor, field_docs, members, signature
from troupe_core import errors, events, hookspecs
from troupe_core.config.degradation import Degradation
from troupe_core.config.tree import Budget, Config, Loading
from troupe_core.enrichment import Enricher, EnrichmentTask
from troupe_core.errors import ModelError, TroupeError
from troupe_core.events import Fact
from troupe_core.extraction.extractor import ExtractionTask, Extractor
from troupe_core.factories.casting import Uncast
from troupe_core.findings.fields import Field, Fields, Scale
from troupe_core.findings.finding import Finding
from troupe_core.findings.rows import Results, Row, Unread
from troupe_core.findings.transcript import Excerpt, Line, Transcript
from troupe_core.hookspecs import TroupeSpecs
from troupe_core.llm.embedding import Embedder, EmbeddingHandler, Embeddings, EmbeddingWrapper
from troupe_core.llm.handlers import Capabilities, LLMBackend, LLMHandler, LLMWrapper
from troupe_core.llm.images import Image
from troupe_core.llm.prices import Price, PriceTable
from troupe_core.llm.request import Call, Form, LLMRequest, Message, ModelRef, Parameters
from troupe_core.llm.response import LLMChunk, LLMResponse, Substitute, Token, Usage, Written
from troupe_core.people.faculty import TinyMentalFaculty
from troupe_core.people.fragments import PersonaConflict
from troupe_core.people.memory import FiledMemory, MalleableMemory, Memory, Recalled
from troupe_core.people.mind import Mind
from troupe_core.people.tool import CannotTell, TinyTool, ToolCall, ToolFailure, ToolHandler
from troupe_core.people.turn import Turn
from troupe_core.plugins.kinds import KINDS
from troupe_core.secrets import SecretRef
from troupe_core.simulation.desk import Desk
from troupe_core.simulation.rng import Stream
from troupe_core.simulation.scene import Asking
from troupe_core.templates import VARIABLES, Variables

E = TypeVar("E", bound=TroupeError)

FOLDER = Path(__file__).parent / "reference"
NOTICE = "<!-- Written by docs/write_reference.py (make reference): change the docstrings that it is made of. -->"

GROUPS = {
    "Registration": """They are called once, when a runtime is made, and yield records. What a record's factory makes
is made at first use, by whoever names it.""",
    "Composition": """The core makes a handler, once, and plugins go around it: `@hookimpl(wrapper=True)`. What comes
back from `yield` is the handler inside; what is returned is used in its place.""",
    "Observation": "They are told, and change nothing.",
}
RECORDS = """What plugins register: a name in lower-case letters, digits, `-` and `_`, and a factory. That is a class or
a function, or its place as text, `package.module:Class`, which is imported at first use."""
INDEX = """What an author of plugins holds in hand. [The cookbook](../cookbook/README.md) shows how it is used."""
REQUESTS = """What a backend is asked, and what it answers. A backend overrides `complete`, and `stream` if it can do
better than the whole answer as one piece; a wrapper overrides what it wants to stand around.

Where a request has a `schema`, its answer has to be a JSON object of that form: the answers of people always have one.
A backend that cannot hold a model to a schema says `Capabilities(json_schema=False)`; then the schema is part of the
question, in words, and `request.schema` is None. What else a model lacks is said likewise, and a request that needs it
is `Unsupported`. An answer of another form is asked for once more, and is then an [`OutputError`](errors.md)."""
ERRORS = """Each says what happened, to what, and what to do next. A backend raises those of models;
`ModelError.from_status` makes the right one of an HTTP answer. Those that `troupe_core` does not export are in
`troupe_core.errors`.

A *fatal* error would be the same for everybody: it stops a run at once. A *retryable* one may be gone when the same is
asked again; the core does not ask again by itself, `troupe-resilience` does. Where several models are named, the next
one is asked upon any `ModelError` of the one before that is *passed on*, and most are; a key that is refused and a name
that nobody knows are not, and no other error is. [When a model fails](../when-a-model-fails.md) tells what becomes of
it."""
EVENTS = """What `troupe_event` is given, in the order in which it happened in this process: a `ModelCall`,
`AnswerReused`, `TurnEnded`, `StepEnded`, `FactsAdded`, `Answered` or `Remark`, and nothing else. What happens to people
are `Fact`s, which a `StepEnded` and a `FactsAdded` have."""
TURNS = """What a faculty, a tool or a kind of memory is given, and what it is made of."""
FINDINGS = """What extractors and enrichers are given, and what they give. Both work at a desk."""
SETTINGS = """What may stand in `troupe.toml`, and what each setting is if it is not given.
[How to configure a study](../configuration.md) tells where settings come from, and which goes before which.

Every setting has a variable too: `calls` in `[budget]` is `TROUPE_BUDGET__CALLS`."""
SECRETS = """A plugin's setting that is a secret has the type `SecretRef`; what stands in the file is where it is to be
found.

```python
import os

from attrs import frozen

from troupe_core import Enricher, LLMBackend, LLMResponse, Runtime, SecretRef, Simulation, TinyEnricher, Usage


@frozen
class Config:
    key: SecretRef = SecretRef("env:ACME_KEY")  # unless the settings name another place


class Acme(LLMBackend, config=Config):
    async def complete(self, request, call):
        key = self.config.key.reveal()  # in the moment in which it is sent, and kept nowhere
        return LLMResponse(f"a key of {len(key)} letters", Usage(1, 1))


class Asking(Enricher):
    async def enrich(self, task, desk):
        return await desk.ask(task.content)


os.environ["TEAM_KEY"] = "not-for-printing"
settings = {"acme": {"key": "env:TEAM_KEY"}}  # [settings.acme] in a file
with Runtime([Acme, Asking], model="acme/any", settings=settings, autoload=False) as runtime:
    enricher = TinyEnricher(enricher="asking", simulation=Simulation(runtime=runtime))
    told = enricher.enrich_content("as it is", "Who are you?")
assert told == "a key of 16 letters"
```"""
TEMPLATES = """The texts that prompts are made of. A set of one's own is registered by
[`troupe_register_templates`](hooks.md#troupe_register_templates) and chosen by the setting `templates`; a template that
it lacks is as the core has it. A template that cannot be used is an error when the runtime is made, and so is one that
asks for what it is not given.

They are Mustache, as much of it as prompts need:

- `{{{place}}}` is what is given under that name. Two braces would escape HTML in it, and are refused.
- `{{#place}}…{{/place}}` is written if there is something under it, once for each if there are several; what each of
  them consists of has its name in there, and what is text is `{{{.}}}`.
- `{{^place}}…{{/place}}` is written if there is nothing.

What is inserted is never read as a template. Partials and other delimiters are refused."""
WHAT = {
    "rules": "The beginning of the system message of a turn: how to be somebody, how to read what comes in and how to "
    "answer, and what the person can do. The persona follows.",
    "state": "The end of the last message of a turn, after the news: what is true at this moment. It is not kept.",
    "ask": "The end of the last message of a question that is put to a person, after the news and the present state: "
    "how the reply is to be written. The question itself is the last of the news.",
    "consolidate": "The system message of a question about what a person will remember of an episode. Whom it is "
    "about, and what happened, is the message itself. A kind of memory has it as `turn.template('consolidate')`.",
    "person": "The system message with which a factory asks for somebody: who people are, and how one is written down.",
    "casting": "The message that goes with it, about this one person.",
    "contexts": "The system message with which several factories are asked for at a time. Who is meant, is the message "
    "itself.",
    "minibio": "The system message of a question for a few sentences about somebody, `person.minibio()`. A first "
    "sentence and the persona are the message itself.",
}


def group_of(hook: str) -> str:
    if hook.startswith("troupe_register_"):
        return "Registration"
    return "Composition" if hook.endswith("_handler") else "Observation"


def hooks() -> list[str]:
    """The names of all hooks, as they stand in the file."""
    return [name for name in vars(TroupeSpecs) if name.startswith("troupe_")]


def hooks_page() -> str:
    parts = ["# Hooks", NOTICE, _text(inspect.getdoc(hookspecs) or "")]
    parts.append(f"The version of the hooks is `{hookspecs.API_VERSION}`; a plugin may state its own as `TROUPE_API`.")
    for group, about in GROUPS.items():
        parts += [f"## {group}", about]
        for name in (name for name in hooks() if group_of(name) == group):
            function = inspect.unwrap(getattr(TroupeSpecs, name))
            parts += [f"### {name}", f"```py\n{signature(function)}\n```", _text(inspect.getdoc(function) or "")]
    return "\n\n".join(parts) + "\n"


def records_page() -> str:
    parts = ["# Records", NOTICE, RECORDS]
    for kind in KINDS:
        parts += [
            f"## {kind.record.__name__}",
            _text(inspect.getdoc(kind.record) or ""),
            f"It is registered by [`{kind.hook}`](hooks.md#{kind.hook}).",
            f"```py\n{constructor(kind.record)}\n```",
        ]
        parts += [f"`{name}`: {text}" for name, text in field_docs(kind.record)]
    return "\n\n".join(parts) + "\n"


def requests_page() -> str:
    kinds = (
        LLMRequest,
        Message,
        Image,
        Form,
        Parameters,
        ModelRef,
        Call,
        LLMResponse,
        Token,
        Substitute,
        Usage,
        LLMChunk,
        Written,
    )
    vectors = (Embeddings, Embedder, EmbeddingHandler, EmbeddingWrapper)
    handlers = (Capabilities, LLMBackend, LLMHandler, LLMWrapper)
    return _page("Requests and answers", REQUESTS, *kinds, *handlers, *vectors, PriceTable)


def errors_page() -> str:
    table = ["| Error | fatal | retryable | of HTTP |", "|---|---|---|---|"]
    of_http: dict[type[ModelError], list[str]] = {}
    for status in (400, 401, 402, 403, 404, 408, 409, 413, 425, 429, 500, 504):
        of_http.setdefault(type(ModelError.from_status(status)), []).append(str(status))
    of_http[type(ModelError.from_status(429, "insufficient_quota"))].append("429 for lack of credit")
    for text in ("context_length_exceeded", "content_filter"):
        of_http.setdefault(type(ModelError.from_status(400, text)), []).append("400 that says so")
    of_http[type(ModelError.from_status(500))].append("any other from 500 on")
    of_http[type(ModelError.from_status(400))].append("any other")
    for kind in _family(ModelError):
        marks = ["yes" if mark else "" for mark in (kind.fatal, kind.retryable)]
        table.append(f"| `{kind.__name__}` | {' | '.join(marks)} | {', '.join(of_http.get(kind, ()))} |")
    parts = ["# Errors", NOTICE, ERRORS, "\n".join(table)]
    for kind in (*_family(TroupeError), PersonaConflict):
        base = kind.__bases__[0]
        marks = [
            mark for mark in ("fatal", "retryable") if getattr(kind, mark, False) and not issubclass(kind, ModelError)
        ]
        beneath = f"A{'n' if base.__name__[0] in 'AO' else ''} `{base.__name__}`" if base is not Exception else ""
        parts += [f"## {kind.__name__}", _text(inspect.getdoc(kind) or "")]
        parts += [f"{beneath}{''.join(f', {mark}' for mark in marks)}."] if beneath else []
        parts += [f"*{kind.advice}*"] if issubclass(kind, ModelError) and vars(kind).get("advice") else []
        parts += [members(kind, alone=True)]
    parts += [
        "## Uncast",
        _text(inspect.getdoc(Uncast) or ""),
        "No error: `CastingStopped` has one for each, and so has `factory.failures`.",
    ]
    parts += [members(Uncast)]
    return "\n\n".join(filter(None, parts)) + "\n"


def events_page() -> str:
    return _page("Events", EVENTS, *get_args(events.Event), Fact)


def turns_page() -> str:
    kinds = (TinyMentalFaculty, Turn, Asking, Mind, Stream, Recalled, TinyTool, ToolCall, ToolFailure, CannotTell)
    return _page("Turns and tools", TURNS, *kinds, ToolHandler, Memory, MalleableMemory, FiledMemory)


def findings_page() -> str:
    kinds = (
        Desk,
        Extractor,
        ExtractionTask,
        Fields,
        Field,
        Scale,
        Transcript,
        Excerpt,
        Line,
        Finding,
        Row,
        Results,
        Unread,
    )
    return _page("Desks and findings", FINDINGS, *kinds, Enricher, EnrichmentTask)


def settings_page() -> str:
    parts = ["# Settings", NOTICE, SETTINGS]
    tables = {"[parameters]": Parameters, "[budget]": Budget, "[degradation]": Degradation}
    for title, kind in {"The file itself": Config, **tables}.items():
        parts += [f"## {title}", _text(inspect.getdoc(kind) or ""), members(kind, methods=False)]
    parts += ["## [prices]", _text(inspect.getdoc(Price) or ""), members(Price, methods=False)]
    parts += ["## [loading]", _text(inspect.getdoc(Loading) or ""), members(Loading, methods=False)]
    parts += ["## SecretRef", _text(inspect.getdoc(SecretRef) or ""), SECRETS, members(SecretRef)]
    return "\n\n".join(parts) + "\n"


def templates_page() -> str:
    parts = ["# Templates", NOTICE, TEMPLATES]
    for name, variables in VARIABLES.items():
        parts += [f"## {name}", f"{WHAT[name]} [The core's](../../troupe_core/prompts/{name}.mustache)."]
        parts += ["\n".join(_variables(variables)) if variables else "It is given nothing."]
    return "\n\n".join(parts) + "\n"


def index_page() -> str:
    pages = [f"- [{_title(page)}]({name})" for name, page in PAGES.items() if name != "README.md"]
    return "\n\n".join(["# Reference", NOTICE, INDEX, "\n".join(pages)]) + "\n"


def _title(page: Callable[[], str]) -> str:
    return page().partition("\n")[0].removeprefix("# ")


def _variables(variables: Variables, indent: str = "") -> Iterator[str]:
    for name, each in variables.items():
        yield f"{indent}- `{name}`{' (several)' if each.many else ''}: {each.about}"
        yield from _variables(each.parts, f"{indent}  ")


def _family(kind: type[E]) -> Iterator[type[E]]:
    """The class and those beneath it, as they stand in the file."""
    return (each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, kind))


def _page(title: str, about: str, *kinds: type[Any]) -> str:
    parts = [f"# {title}", NOTICE, about]
    for kind in kinds:
        where = "" if kind.__name__ in troupe_core.__all__ else f"In `{kind.__module__}`."
        shown = next((f"A `{base.__name__}`." for base in kind.__mro__[1:] if base in kinds), "")
        parts += [f"## {kind.__name__}", _text(inspect.getdoc(kind) or ""), f"{shown} {where}".strip()]
        parts += [members(kind, alone=bool(shown))]
    return "\n\n".join(filter(None, parts)) + "\n"


def _text(docstring: str) -> str:
    """Examples are run one by one, each as the plugin that it is (tests/loading/test_reference.py), and not as parts of
    one program like those of other pages; hence `py`.
    """
    return re.sub(r"^```python$", "```py", docstring, flags=re.MULTILINE)


PAGES = {
    "README.md": index_page,
    "hooks.md": hooks_page,
    "records.md": records_page,
    "turns.md": turns_page,
    "requests.md": requests_page,
    "findings.md": findings_page,
    "events.md": events_page,
    "errors.md": errors_page,
    "templates.md": templates_page,
    "settings.md": settings_page,
}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
