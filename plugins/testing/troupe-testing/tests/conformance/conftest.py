"""Runs deliberately wrong plugins through the kit, and looks at which assertion each of them falls over."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

HERE = Path(__file__).parent
PROJECT = HERE.parents[4] / "pyproject.toml"


@attrs.frozen
class Verdict:
    """Of one class of a file of wrong plugins: the checks that it failed, each with the place where it did; what broke
    instead of failing; and how many checks had something to look at.
    """

    failed: dict[str, tuple[Path, int]]
    broken: list[str]
    passed: int


class _Reports:
    def __init__(self) -> None:
        self.all: list[pytest.TestReport] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.all.append(report)


@pytest.fixture
def judge(pytester: pytest.Pytester) -> Callable[[str], dict[str, Verdict]]:
    """Runs a file of this folder: the verdict on each of its classes."""

    def run(name: str) -> dict[str, Verdict]:
        reports = _Reports()
        given = (
            str(HERE / name),
            "-c",
            str(PROJECT),
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-p",
            "no:hypothesispytest",
            "-q",
            "--no-header",
        )
        pytester.inline_run(*given, plugins=[reports])
        found: dict[str, Verdict] = {}
        for report in reports.all:
            _, owner, check = report.nodeid.split("::")
            verdict = found.setdefault(owner, Verdict({}, [], 0))
            if report.passed and report.when == "call":
                found[owner] = attrs.evolve(verdict, passed=verdict.passed + 1)
            elif report.failed and report.when == "call":
                crash: Any = report.longrepr.reprcrash  # type: ignore[union-attr]
                verdict.failed[check.partition("[")[0]] = (Path(crash.path), crash.lineno)
            elif report.failed:
                verdict.broken.append(f"{check}: {report.longreprtext}")
        assert found, f"{name} has no classes of tests"
        return found

    return run


@pytest.fixture
def assertions() -> Callable[[ModuleType], dict[range, str]]:
    """The assertions of a module of the kit: the lines of each, and the check or function that it stands in."""

    def find(module: ModuleType) -> dict[range, str]:
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        return dict(_assertions(tree, ""))

    return find


def _assertions(node: ast.AST, function: str) -> Iterator[tuple[range, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Assert):
            yield range(child.lineno, (child.end_lineno or child.lineno) + 1), function
        inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        yield from _assertions(child, inside)
