"""A plugin of pytest, for a process of `checking.check`: writes what came of each check into a file."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from troupe_testing.checking import REPORT, Checked, lines_of, promise_of

_results: dict[str, Checked] = {}
_errors: list[str] = []


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
    checked = sys.modules.get("troupe_testing.checking.checked")
    told = {
        "results": [attrs.asdict(each) for each in _results.values()],
        "left": getattr(checked, "LEFT", []),
        "error": "\n".join(_errors),
    }
    Path(os.environ[REPORT]).write_text(json.dumps(told), encoding="utf-8")


def _checked(item: Any, report: Any) -> Checked:
    outcome = report.outcome if report.when == "call" or report.skipped else "broken"
    message = ""
    if report.skipped:
        message = str(report.longrepr[2]).removeprefix("Skipped: ")
    elif report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        message = "\n".join(lines_of(crash.message if crash is not None else report.longreprtext))
    return Checked(item.cls.subject, item.name, promise_of(item.function), outcome, message)
