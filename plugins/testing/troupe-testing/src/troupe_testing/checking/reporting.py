"""A plugin of pytest, for a process of `checking.check`: writes what came of each check into a file, as soon as it is
known: the plugin that is checked can end the process.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from troupe_testing.checking import REPORT, Checked
from troupe_testing.checking.excuses import EXCUSES

_results: dict[str, Checked] = {}
_errors: list[str] = []


def pytest_runtest_setup(item: Any) -> None:
    _write(begun=_of(item, "broken"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Any:
    report = yield
    if report.when == "call" or report.outcome != "passed":
        known = _results.get(item.nodeid)
        if known is None or not known.wrong:
            _results[item.nodeid] = _checked(item, report)
    return report


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _errors.append(report.longreprtext)


def pytest_sessionfinish() -> None:
    _write(whole=True)


def _write(*, begun: Checked | None = None, whole: bool = False) -> None:
    checked = sys.modules.get("troupe_testing.checking.checked")
    excused = [f"{each.subject}: {each.message}" for each in _results.values() if each.outcome == "left"]
    told = {
        "results": [attrs.asdict(each) for each in _results.values()],
        "left": [*getattr(checked, "LEFT", []), *excused],
        "begun": attrs.asdict(begun) if begun is not None else None,
        "error": "\n".join(_errors),
        "whole": whole,
    }
    Path(os.environ[REPORT]).write_text(json.dumps(told), encoding="utf-8")


def _checked(item: Any, report: Any) -> Checked:
    if report.skipped:
        return _of(item, "skipped", str(report.longrepr[2]).removeprefix("Skipped: "))
    if not report.failed:
        return _of(item, "passed")
    crash = getattr(report.longrepr, "reprcrash", None)
    message = "\n".join(_lines(crash.message if crash is not None else report.longreprtext))
    excuse = EXCUSES.get(item.originalname)
    if report.when != "call":
        return _of(item, "broken", message)
    if excuse is not None:
        return _of(item, "left", f"{message}. It may be meant so: then its tests say {excuse}")
    return _of(item, "failed", message)


def _of(item: Any, outcome: str, message: str = "") -> Checked:
    promise = " ".join((item.function.__doc__ or "").split())
    return Checked(item.cls.subject, item.name, promise, outcome, message)


def _lines(message: str) -> Iterator[str]:
    """The message of an assertion, without what pytest adds."""
    for line in message.splitlines():
        if line.startswith("assert "):
            return
        yield line.removeprefix("AssertionError: ")
