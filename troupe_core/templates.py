"""Mustache behind one seam: chevron reads a template once, and closures write it as often as needed.

Chevron's own renderer walks the template anew each time; on a prompt that is ten times slower, and output is the same
(a test compares them). Three rules keep data from becoming template: only `{{{x}}}` is allowed, since `{{x}}` escapes
HTML and would change what people say; values (plain dictionaries and lists) are inserted and never read as templates;
nothing that is callable is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from troupe_core.errors import TemplateError

Render = Callable[[dict[str, Any]], str]
_Op = Callable[[list[Any], list[str]], None]

_FOLDER = Path(__file__).parent / "prompts"
_reading = Lock()  # chevron's tokenizer keeps its place in module globals


def compile_template(source: str, name: str = "template") -> Render:
    """A function from values to text."""
    from chevron.tokenizer import ChevronError, tokenize  # only whoever compiles pays for the import

    with _reading:
        try:
            tokens = list(tokenize(source))
        except (ChevronError, IndexError) as error:
            raise TemplateError(f"{name}: {error}") from None
    ops = _build(iter(tokens), name, None)

    def render(values: dict[str, Any]) -> str:
        out: list[str] = []
        scopes: list[Any] = [values]
        for op in ops:
            op(scopes, out)
        return "".join(out)

    return render


@cache
def template(name: str) -> Render:
    """A template that ships with the core."""
    return compile_template(template_source(name), f"{name}.mustache")


def template_source(name: str) -> str:
    """Its text."""
    return (_FOLDER / f"{name}.mustache").read_text(encoding="utf-8")


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


def _literal(text: str) -> _Op:
    return lambda scopes, out: out.append(text)


def _variable(key: str) -> _Op:
    lookup = _lookup(key)

    def op(scopes: list[Any], out: list[str]) -> None:
        value = lookup(scopes)
        out.append(value if type(value) is str else str(value) if value or value in (0, False) else "")

    return op


def _section(key: str, body: list[_Op]) -> _Op:
    lookup = _lookup(key)

    def op(scopes: list[Any], out: list[str]) -> None:
        value = lookup(scopes)
        if not value:
            return
        for item in value if type(value) in (list, tuple) else (value,):
            scopes.append(item)
            for inner in body:
                inner(scopes, out)
            scopes.pop()

    return op


def _inverted(key: str, body: list[_Op]) -> _Op:
    lookup = _lookup(key)

    def op(scopes: list[Any], out: list[str]) -> None:
        if not lookup(scopes):
            for inner in body:
                inner(scopes, out)

    return op


def _lookup(key: str) -> Callable[[list[Any]], Any]:
    """How a key is found: in the innermost scope that has it, and then along its dots."""
    if key == ".":
        return lambda scopes: scopes[-1]
    head, *rest = key.split(".")

    def simple(scopes: list[Any]) -> Any:
        for scope in reversed(scopes):
            if type(scope) is dict and head in scope:
                return scope[head]
        return None

    def dotted(scopes: list[Any]) -> Any:
        value = simple(scopes)
        for name in rest:
            value = value.get(name) if type(value) is dict else None
        return value

    return dotted if rest else simple
