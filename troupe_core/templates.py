"""Mustache behind one seam: chevron reads a template once, and closures write it as often as needed.

Chevron's own renderer walks the template anew each time; on a prompt that is ten times slower, and output is the same
(a test compares them). Three rules keep data from becoming template: only `{{{x}}}` is allowed, since `{{x}}` escapes
HTML and would change what people say; values (plain dictionaries and lists) are inserted and never read as templates;
nothing that is callable is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any

import attrs

from troupe_core.errors import TemplateError

Render = Callable[[dict[str, Any]], str]
Variables = Mapping[str, "Variable"]
_Scopes = tuple[dict[str, Any], ...]
_Op = Callable[[_Scopes, Any, list[str]], None]
"""Writes on: with what is known by name, the innermost first, and what `.` is."""

_FOLDER = Path(__file__).parent / "prompts"
_reading = Lock()  # chevron's tokenizer keeps its place in module globals


@attrs.frozen
class Variable:
    """What a template is given under one name."""

    about: str
    many: bool = False
    """Whether there are several; a section is written once for each."""
    parts: Variables = MappingProxyType({})
    """By name, what each of them consists of; nothing, if it is text, which is `{{{.}}}` in a section of its own."""


VARIABLES: Mapping[str, Variables] = {
    "rules": {
        "faculties": Variable(
            "What the person can do, one by one, in the order in which it was given.",
            many=True,
            parts={
                "text": Variable("What the faculty says of itself: its docstring."),
                "actions": Variable(
                    "Its actions.",
                    many=True,
                    parts={
                        "name": Variable("The type of the action, such as TALK."),
                        "text": Variable("What it does: the docstring of its method."),
                    },
                ),
            },
        ),
    },
    "state": {
        "time": Variable("Simulated time, in words; empty where there is none."),
        "place": Variable("Where the person is."),
        "context": Variable("What goes on, a line for each thing.", many=True),
        "goals": Variable("What the person wants."),
        "attention": Variable("What it attends to."),
        "emotions": Variable("What it feels."),
        "memories": Variable("What has come to its mind unbidden.", many=True),
        "awareness": Variable("What its faculties say of their state (`state_prompt`).", many=True),
    },
    "ask": {
        "source": Variable("Who asks."),
        "values": Variable("The names of what is to be ticked, in a line; empty if words are all that is wanted."),
        "fields": Variable(
            "The same, one by one.",
            many=True,
            parts={
                "name": Variable("What it is called."),
                "words": Variable('What it can be, in words: "a whole number from 1 to 5".'),
                "hint": Variable("What else was said of it."),
            },
        ),
        "form": Variable("The shape of the answer, as an example in JSON."),
    },
    "consolidate": {},
    "person": {},
    "casting": {
        "context": Variable("Who is meant: the context of the factory."),
        "particularities": Variable("What was asked of this one in particular."),
        "made": Variable("How many its factory has made; empty if nobody."),
        "earlier": Variable("A sentence about each of them, the latest only if there are many.", many=True),
        "number": Variable("Which number of its factory the person is."),
        "size": Variable("How many there are to be in all; empty if nobody has said so."),
        "lots": Variable("Where the person stands in a population that is given in figures; else empty."),
        "given": Variable("A letter for the given name."),
        "family": Variable("One for the family name."),
        "temper": Variable('What of it stands out: "little openness".'),
        "mind": Variable("What is on the person's mind."),
        "attempt": Variable("Which attempt it is, if answers could not be used."),
        "reasons": Variable("What was wrong with those.", many=True),
        "taken": Variable("Names that others have, with commas between them."),
    },
    "contexts": {
        "number": Variable("Into how many groups those whom the message describes are to be split up."),
    },
    "minibio": {"requirements": Variable("What the text has to be like, if anything was said about it.")},
}
"""All templates, and what each is given. Whatever else stood in one would be written as nothing, and is refused."""


def compile_template(source: str, name: str = "template", variables: Variables | None = None) -> Render:
    """A function from values to text. If it is known what `variables` there are, no other may stand in it."""
    from chevron.tokenizer import ChevronError, tokenize  # only whoever compiles pays for the import

    with _reading:
        try:
            tokens = list(tokenize(source))
        except (ChevronError, IndexError) as error:
            raise TemplateError(f"{name}: {error}") from None
    ops = _build(iter(tokens), name, None)
    if variables is not None:
        _check_variables(tokens, name, variables)

    def render(values: dict[str, Any]) -> str:
        out: list[str] = []
        scopes = (values,)
        for op in ops:
            op(scopes, values, out)
        return "".join(out)

    return render


@cache
def template(name: str) -> Render:
    """A template that ships with the core."""
    return compile_template(template_source(name), f"{name}.mustache", VARIABLES[name])


def template_source(name: str) -> str:
    """Its text."""
    return (_FOLDER / f"{name}.mustache").read_text(encoding="utf-8")


class Templates:
    """A set of templates by name. What it lacks is as the core has it, and compiled once for everybody."""

    def __init__(self, texts: object = MappingProxyType({}), owner: str = "") -> None:
        """`owner` is whose they are, for the error's sake."""
        if not isinstance(texts, Mapping):
            raise TemplateError(f"{owner}: expected a mapping from names of templates to texts, got {texts!r}")
        for name, text in texts.items():
            if name not in VARIABLES:
                raise TemplateError(f"{owner}: there is no template {name!r}; there are {', '.join(sorted(VARIABLES))}")
            if not isinstance(text, str):
                raise TemplateError(f"{owner}: the template {name!r} is no text, but {text!r}")
        self._texts = dict(texts)
        self._compiled = {
            name: compile_template(text, f"{owner}: {name}", VARIABLES[name]) for name, text in texts.items()
        }

    def __getitem__(self, name: str) -> Render:
        own = self._compiled.get(name)
        return template(name) if own is None else own

    def source(self, name: str) -> str:
        """The text of a template."""
        own = self._texts.get(name)
        return template_source(name) if own is None else own


CORE_TEMPLATES = Templates()


def _build(tokens: Iterator[tuple[str, str]], name: str, until: str | None) -> list[_Op]:
    ops: list[_Op] = []
    for kind, key in tokens:
        if kind == "literal":
            ops.append(_literal(key))
        elif kind == "no escape":
            ops.append(_variable(key))
        elif kind == "section":
            ops.append(_section(key, _build(tokens, name, key)))
        elif kind == "inverted section":
            ops.append(_inverted(key, _build(tokens, name, key)))
        elif kind == "end" and key == until:
            return ops
        elif kind == "variable":
            raise TemplateError(f"{name}: write {{{{{{{key}}}}}}} with three braces; two would escape HTML in it")
        else:
            raise TemplateError(f"{name}: {kind} {key!r} is not part of what prompts need")
    return ops


def _check_variables(tokens: Iterable[tuple[str, str]], name: str, variables: Variables) -> None:
    """Refuse what is given nowhere around the place where it stands."""
    scopes: list[tuple[Variables, bool]] = [(variables, False)]  # and whether `.` is a text there
    for kind, key in tokens:
        if kind == "end":
            scopes.pop()
        elif kind != "literal":
            found = _variable_in(scopes, key)
            if found is None:
                known = list(dict.fromkeys(known for scope, _ in reversed(scopes) for known in scope))
                known += ["."] if scopes[-1][1] else []
                told = f"it is given {', '.join(known)} there" if known else "it is given nothing"
                raise TemplateError(f"{name}: there is no variable {key!r}; {told}")
            if kind == "section":
                scopes.append((found.parts, not found.parts))
            elif kind == "inverted section":
                scopes.append(({}, scopes[-1][1]))


def _variable_in(scopes: Sequence[tuple[Variables, bool]], key: str) -> Variable | None:
    if key == ".":
        return Variable("the item") if scopes[-1][1] else None
    return next((scope[key] for scope, _ in reversed(scopes) if key in scope), None)


def _literal(text: str) -> _Op:
    return lambda scopes, item, out: out.append(text)


def _variable(key: str) -> _Op:
    lookup = _lookup(key)

    def op(scopes: _Scopes, item: Any, out: list[str]) -> None:
        value = lookup(scopes, item)
        out.append(value if type(value) is str else str(value) if value or value in (0, False) else "")

    return op


def _section(key: str, body: list[_Op]) -> _Op:
    lookup = _lookup(key)

    def op(scopes: _Scopes, item: Any, out: list[str]) -> None:
        value = lookup(scopes, item)
        if not value:
            return
        for each in value if type(value) in (list, tuple) else (value,):
            inside = (each, *scopes) if type(each) is dict else scopes
            for inner in body:
                inner(inside, each, out)

    return op


def _inverted(key: str, body: list[_Op]) -> _Op:
    lookup = _lookup(key)

    def op(scopes: _Scopes, item: Any, out: list[str]) -> None:
        if not lookup(scopes, item):
            for inner in body:
                inner(scopes, item, out)

    return op


def _lookup(key: str) -> Callable[[_Scopes, Any], Any]:
    """How a key is found: in the innermost scope that has it, and then along its dots."""
    if key == ".":
        return lambda scopes, item: item
    head, *rest = key.split(".")

    def simple(scopes: _Scopes, item: Any) -> Any:
        for scope in scopes:
            if head in scope:
                return scope[head]
        return None

    def dotted(scopes: _Scopes, item: Any) -> Any:
        value = simple(scopes, item)
        for name in rest:
            value = value.get(name) if type(value) is dict else None
        return value

    return dotted if rest else simple
