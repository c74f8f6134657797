"""Checking a plugin that somebody else has written: the classes of the kit that fit it, run by pytest in a process of
their own.

What a check would cost, or do to the world, is left to the plugin's own tests, which say how: a backend that is not
free is not asked, and a tool is not used.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import attrs

from troupe_core import (
    ArgumentError,
    BackendSpec,
    EnricherSpec,
    ExtractorSpec,
    FacultySpec,
    MemorySpec,
    PluginError,
    Runtime,
    ToolSpec,
    TroupeError,
)
from troupe_core.records import Record
from troupe_testing.conformance.stage import last_origin, own_name, own_records, resolved

ORDERS, REPORT = "TROUPE_TESTING_CHECK", "TROUPE_TESTING_REPORT"
"""Variables of the other process: what it is to check, and the file that it reports to."""
CLASSES: dict[type[Record], str] = {
    BackendSpec: "LLMBackendConformance",
    FacultySpec: "FacultyConformance",
    MemorySpec: "MemoryConformance",
    EnricherSpec: "EnricherConformance",
    ExtractorSpec: "ExtractorConformance",
}


@attrs.frozen
class Checked:
    """What came of one check: "passed", "failed", "skipped" or "broken", where it could not be carried out."""

    subject: str
    """What was checked: "faculty mood", or the plugin itself."""
    check: str
    promise: str
    """What it is that has to hold."""
    outcome: str
    message: str = ""

    @property
    def wrong(self) -> bool:
        return self.outcome in ("failed", "broken")


@attrs.frozen
class Checks:
    """All of them, and what was left to the plugin's own tests."""

    results: tuple[Checked, ...]
    left: tuple[str, ...] = ()

    @property
    def wrong(self) -> tuple[Checked, ...]:
        return tuple(each for each in self.results if each.wrong)


def check(
    place: str, table: Mapping[str, Any] | None = None, tables: Mapping[str, Mapping[str, Any]] | None = None
) -> Checks:
    """Check the plugin at a place: a file, `package.module` or `package.module:Class`. `table` is its own table of
    settings; `tables` are those of what it registers, by name.
    """
    told = json.dumps({"place": place, "table": table or {}, "tables": tables or {}})
    path = os.pathsep.join(filter(None, sys.path))
    with tempfile.TemporaryDirectory(prefix="troupe-check-") as folder:
        report = Path(folder, "report.json")
        done = subprocess.run(  # noqa: S603 - this Python, and pytest
            [sys.executable, "-m", "pytest", "--pyargs", "troupe_testing.checking.checked", *_OPTIONS],
            cwd=folder,
            env={**os.environ, ORDERS: told, REPORT: str(report), "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        if not report.exists():
            said = (done.stderr or done.stdout).strip()
            raise PluginError(f"{place} could not be checked:\n{said}")
        found = json.loads(report.read_text(encoding="utf-8"))
    results = tuple(Checked(**each) for each in found["results"])
    if found["error"] or not results:
        raise PluginError(f"{place} could not be checked: {found['error'] or 'no check fits it'}")
    return Checks(results, tuple(found["left"]))


_OPTIONS = ["-q", "-p", "troupe_testing.checking.reporting", "-p", "no:cacheprovider", "--import-mode=importlib"]


def classes_for(
    place: str, table: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, type[Any]], list[str]]:
    """The classes of tests for a plugin, by name, and what is left out, with the reason."""
    from troupe_testing import conformance

    plugin = resolved(place)
    whole = partial(_class, plugin=plugin, table=table)
    found: dict[str, type[Any]] = {}
    left: list[str] = []
    try:
        records, wraps = _looked_into(plugin, table, tables)
    except TroupeError:  # which is what the kit says of it then
        records, wraps = [], False
    for record in records:
        word = type(record).__name__.removesuffix("Spec").lower()
        base = CLASSES.get(type(record))
        if isinstance(record, BackendSpec) and not record.free:
            base = None
            left.append(f"the {word} {record.name} was not asked, which may cost something")
        elif isinstance(record, ToolSpec):
            left.append(f"the {word} {record.name} was not used, which would have an effect")
        if base is not None:
            settings, subject = tables.get(record.name, {}), f"{word} {record.name}"
            made = _class(getattr(conformance, base), subject, plugin=plugin, table=settings, name=record.name)
            found[f"Test{len(found)}"] = made
    if wraps:
        found["TestWrapper"] = whole(conformance.LLMWrapperConformance, "what stands around models")
    if not found:
        found["TestPlugin"] = whole(conformance.PluginConformance, "the plugin")
    return found, left


def _looked_into(
    plugin: Any, table: Mapping[str, Any], tables: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Record], bool]:
    """What it registers, and whether it stands around models."""
    every = {own_name(plugin): table, **tables}
    settings = {name: each for name, each in every.items() if each}
    with Runtime([plugin], config={}, settings=settings or None, autoload=False) as runtime:
        name = last_origin(runtime).plugin
        return own_records(runtime), "troupe_llm_handler" in runtime.plugins.hooks_of(name)


def _class(base: type[Any], subject: str, *, plugin: Any, table: Mapping[str, Any], name: str = "") -> type[Any]:
    return type("Test", (base,), {"plugin": plugin, "settings": table, "name": name, "subject": subject})


def orders() -> dict[str, Any]:
    """What this process was told to check."""
    told = os.environ.get(ORDERS)
    if told is None:
        raise ArgumentError(f"nothing was said to be checked: {ORDERS} is not set; use `troupe plugin check`")
    found: dict[str, Any] = json.loads(told)
    return found


def promise_of(function: Any) -> str:
    """What a check's docstring says, on one line."""
    return " ".join((getattr(function, "__doc__", None) or "").split())


def lines_of(message: str) -> Iterator[str]:
    """The message of an assertion, without what pytest adds."""
    for line in message.splitlines():
        if line.startswith("assert "):
            return
        yield line.removeprefix("AssertionError: ")
