"""Which classes of the kit fit a plugin, found out in the process that runs them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import partial
from typing import Any

from troupe_core import (
    ArgumentError,
    BackendSpec,
    EmbedderSpec,
    EnricherSpec,
    ExtractorSpec,
    FacultySpec,
    MemorySpec,
    Runtime,
    ToolSpec,
    TroupeError,
)
from troupe_core.records import Record
from troupe_testing.checking import ORDERS
from troupe_testing.conformance.stage import last_origin, own_name, own_records, resolved

CLASSES: dict[type[Record], str] = {
    BackendSpec: "LLMBackendConformance",
    FacultySpec: "FacultyConformance",
    MemorySpec: "MemoryConformance",
    EmbedderSpec: "EmbedderConformance",
    EnricherSpec: "EnricherConformance",
    ExtractorSpec: "ExtractorConformance",
}


def orders() -> dict[str, Any]:
    """What this process was told to check."""
    told = os.environ.get(ORDERS)
    if told is None:
        raise ArgumentError(f"nothing was said to be checked: {ORDERS} is not set; use `troupe plugin check`")
    found: dict[str, Any] = json.loads(told)
    return found


def classes_for(
    place: str, table: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, type[Any]], list[str]]:
    """The classes of tests for a plugin, by name, and what is left out, with the reason."""
    from troupe_testing import conformance

    whole = partial(_class, plugin=place, table=table)
    found: dict[str, type[Any]] = {}
    left: list[str] = []
    try:
        records, wraps = _looked_into(place, table, tables)
    except TroupeError:  # which is what the kit says of it then
        records, wraps = [], False
    for record in records:
        word = type(record).__name__.removesuffix("Spec").lower()
        base = CLASSES.get(type(record))
        if isinstance(record, BackendSpec | EmbedderSpec) and not record.free:
            base = None
            left.append(f"the {word} {record.name} was not asked, which may cost something")
        elif isinstance(record, ToolSpec):
            left.append(f"the {word} {record.name} was not used, which would have an effect")
        if base is not None:
            settings, subject = tables.get(record.name, {}), f"{word} {record.name}"
            made = _class(getattr(conformance, base), subject, plugin=place, table=settings, name=record.name)
            found[f"Test{len(found)}"] = made
    if wraps:
        found["TestWrapper"] = whole(conformance.LLMWrapperConformance, "what stands around models")
    if not found:
        found["TestPlugin"] = whole(conformance.PluginConformance, "the plugin")
    return found, left


def _looked_into(
    place: str, table: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Record], bool]:
    """What it registers, and whether it stands around models."""
    plugin = resolved(place)
    every = {own_name(plugin): table, **tables}
    settings = {name: each for name, each in every.items() if each}
    with Runtime([plugin], config={}, settings=settings or None, autoload=False) as runtime:
        name = last_origin(runtime).plugin
        return own_records(runtime), "troupe_llm_handler" in runtime.plugins.hooks_of(name)


def _class(base: type[Any], subject: str, *, plugin: str, table: Mapping[str, Any], name: str = "") -> type[Any]:
    return type("Test", (base,), {"plugin": plugin, "settings": table, "name": name, "subject": subject})
