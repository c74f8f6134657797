"""Reads what the core's classes and functions say of themselves: signatures, members, and the text beneath a field,
which only the source has.
"""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import attrs

INTERNAL = {"as_record", "record"}
"""Members that are for the core alone."""


def members(kind: type[Any], *, methods: bool = True, alone: bool = False) -> str:
    """What a class has, as a list: what it inherits too, unless it is to stand `alone`."""
    found: dict[str, str] = {}
    for base in kind.__mro__[:1] if alone else kind.__mro__:
        if base.__module__.startswith("troupe_core"):
            for name, code, about in _own_members(base, methods=methods):
                if not name.startswith("_") and name not in INTERNAL:
                    found.setdefault(name, f"- `{code}`{': ' if about else ''}{about}".replace("\n", "\n  "))
    return "\n".join(found.values())


def _own_members(kind: type[Any], *, methods: bool) -> Iterator[tuple[str, str, str]]:
    """Name, code and text of each. Text beneath a field is about it; only the source has it."""
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)
    for node, text in zip_longest(definition.body, definition.body[1:]):
        if isinstance(node, ast.AnnAssign):
            name, type, default = ast.unparse(node.target), ast.unparse(node.annotation), _default(node.value)
            type = type.removeprefix("ClassVar[").removesuffix("]") if type.startswith("ClassVar[") else type
            yield name, f"{name}: {type}{f' = {default}' if default else ''}", _words(text)
        elif methods and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = [ast.unparse(mark) for mark in node.decorator_list]
            about = inspect.cleandoc(ast.get_docstring(node) or "")
            if node.name == "__init__":
                yield from _made_in(node)
            elif {"property", "cached_property"} & set(marks):
                yield node.name, f"{node.name}: {ast.unparse(node.returns or ast.Constant(None))}", about
            elif "overload" not in marks and not any(mark.endswith((".setter", ".validator")) for mark in marks):
                before = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
                yield node.name, f"{before}{node.name}{_called(node)}", about


def _made_in(init: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str, str]]:
    """What `__init__` gives its object, if it says something about it."""
    types = {each.arg: each.annotation for each in (*init.args.args, *init.args.kwonlyargs)}
    for node, text in zip_longest(init.body, init.body[1:]):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute) and _words(text):
            given = types.get(ast.unparse(node.value))
            name = node.targets[0].attr
            yield name, name if given is None else f"{name}: {ast.unparse(given)}", _words(text)


def _called(function: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    arguments = copy.deepcopy(function.args)
    if "staticmethod" not in [ast.unparse(mark) for mark in function.decorator_list]:
        arguments.args = arguments.args[1:]
    returned = f" -> {ast.unparse(function.returns)}" if function.returns is not None else ""
    return f"({ast.unparse(arguments).replace('=', ' = ')}){returned}"


def _default(value: ast.expr | None) -> str:
    if not (isinstance(value, ast.Call) and ast.unparse(value.func) == "attrs.field"):
        return ast.unparse(value) if value is not None else ""
    given = {each.arg: ast.unparse(each.value) for each in value.keywords}
    return given.get("default") or {"dict": "{}"}.get(given.get("factory", ""), "")


def _words(node: ast.stmt | None) -> str:
    found = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value
    return inspect.cleandoc(found) if isinstance(found, str) else ""


def signature(function: Any) -> str:
    taken = inspect.signature(function)
    given = [str(parameter) for name, parameter in taken.parameters.items() if name != "self"]
    return f"def {function.__name__}({', '.join(given)}) -> {taken.return_annotation}"


def constructor(record: type[Any]) -> str:
    given = [
        f"{field.name}: {_type(record, field.name)}"
        + ("" if field.default is attrs.NOTHING else f" = {field.default!r}")
        for field in attrs.fields(record)
    ]
    return f"{record.__name__}({', '.join(given)})"


def _type(record: type[Any], field: str) -> str:
    annotations = (inspect.get_annotations(kind) for kind in record.__mro__)
    return next(str(found[field]) for found in annotations if field in found)


def field_docs(record: type[Any]) -> Iterator[tuple[str, str]]:
    yield from ((name, about) for name, _, about in _own_members(record, methods=False) if about)
