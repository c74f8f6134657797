"""How hooks are annotated."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from troupe_core import Runtime
from troupe_core.hookspecs import TroupeSpecs
from troupe_testing.conformance.stage import last_origin

_ANYTHING = {"", "Any", "object"}
_CONTAINERS = {"Iterable", "Iterator", "Generator", "Collection", "Sequence", "list", "tuple", "None", *_ANYTHING}


def misspelled(runtime: Runtime) -> list[str]:
    """The annotations of a plugin's hooks that say something else than the specification."""
    name = last_origin(runtime).plugin
    wrong: list[str] = []
    for caller in runtime.plugins.get_hookcallers(runtime.plugins.get_plugin(name)) or ():
        for found in caller.get_hookimpls():
            if found.plugin_name == name and not found.function.__module__.startswith("troupe_core."):
                wrong += _compared(found.function, getattr(TroupeSpecs, caller.name), wraps=found.wrapper)
    return wrong


def _compared(function: Callable[..., Any], wanted: Callable[..., Any], wraps: bool) -> Iterator[str]:
    for name, parameter in inspect.signature(wanted).parameters.items():
        given = inspect.signature(function).parameters.get(name)
        said, expected = _words(given.annotation) if given is not None else "", _words(parameter.annotation)
        if said not in {*_ANYTHING, expected}:
            yield f"{function.__name__}: {name} is annotated {said}, and is {expected}"
    said = _words(inspect.signature(function).return_annotation)
    expected = _words(inspect.signature(wanted).return_annotation)
    if not wraps and not _named(said) <= _named(expected) | _CONTAINERS:
        yield f"{function.__name__}: it is annotated to return {said}, and {expected} is expected"


def _words(annotation: Any) -> str:
    """An annotation as it reads without the modules that its names are in."""
    if annotation is inspect.Signature.empty:
        return ""
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:\w+\.)+", "", text).replace("'", "").replace('"', "")


def _named(text: str) -> set[str]:
    return {*re.findall(r"\w+", text)}
