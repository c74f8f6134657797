"""Runs deliberately wrong plugins through the kit, and looks at which assertion each of them falls over."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from zlib import crc32

import attrs
import pytest

HERE = Path(__file__).parent
PROJECT = HERE.parents[4] / "pyproject.toml"
REPORTS = "TROUPE_TESTING_REPORTS"
"""A variable of the process that runs a file of wrong plugins: where it writes what came of them."""
WHOLE = "TROUPE_TESTING_WHOLE"
"""Another one: whether every check is made of each of them."""
OPTIONS = [
    "-c",
    str(PROJECT),
    f"--confcutdir={HERE}",
    *(f"-pno:{name}" for name in ("cacheprovider", "xdist", "hypothesispytest")),
    "-q",
]


@attrs.frozen
class Verdict:
    """Of one class of a file of wrong plugins: the checks that it failed, each with the place where it did; what broke
    instead of failing; how many checks had something to look at; and the cases of parametrised checks, those that were
    there and those that it failed.
    """

    failed: dict[str, tuple[Path, int]] = attrs.field(factory=dict)
    broken: list[str] = attrs.field(factory=list)
    passed: list[str] = attrs.field(factory=list)
    cases: set[str] = attrs.field(factory=set)
    failed_cases: set[str] = attrs.field(factory=set)


_reports: list[dict[str, object]] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if REPORTS in os.environ:
        crash = getattr(report.longrepr, "reprcrash", None)
        _reports.append(
            {
                "name": report.nodeid,
                "when": report.when,
                "outcome": report.outcome,
                "place": (crash.path, crash.lineno) if crash is not None else None,
                "text": report.longreprtext,
            }
        )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a wrong plugin, the check that it says it `fails`, and one of five of the others of the kit's module of that
    name. What that takes over from other modules has its own wrong plugins, and is shown by the right ones to be there.
    """
    if REPORTS in os.environ:
        share = 1 if os.environ[WHOLE] else 5
        items[:] = [item for item in items if isinstance(item, pytest.Function) and _is_to_be_made(item, share)]


def _is_to_be_made(item: pytest.Function, share: int) -> bool:
    owner, check = item.cls, item.originalname
    assert owner is not None
    if owner.__name__.startswith("TestRight") or check == owner.fails:
        return True
    own = item.function.__module__ == f"troupe_testing.conformance.{item.path.stem.removeprefix('wrong_')}"
    return own and crc32(f"{owner.__name__}.{check}".encode()) % share == 0


def pytest_sessionfinish() -> None:
    if REPORTS in os.environ:
        Path(os.environ[REPORTS]).write_text(json.dumps(_reports), encoding="utf-8")


@pytest.fixture
def judge(tmp_path: Path) -> Callable[[str, bool], dict[str, Verdict]]:
    """Runs a file of this folder, in a process of its own: the verdict on each of its classes."""

    def run(name: str, whole: bool) -> dict[str, Verdict]:
        written = tmp_path / "reports.json"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
        done = subprocess.run(
            [sys.executable, "-m", "pytest", str(HERE / name), *OPTIONS, f"--basetemp={tmp_path / 'within'}"],
            env=environment | {REPORTS: str(written), WHOLE: "yes" if whole else ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert written.exists(), done.stdout + done.stderr
        found: dict[str, Verdict] = {}
        for report in json.loads(written.read_text(encoding="utf-8")):
            _, owner, case = report["name"].split("::")
            verdict, check = found.setdefault(owner, Verdict()), case.partition("[")[0]
            if "[" in case:
                verdict.cases.add(case)
            if report["outcome"] == "passed" and report["when"] == "call":
                verdict.passed.append(case)
            elif report["outcome"] == "failed" and report["when"] == "call":
                path, line = report["place"]
                verdict.failed[check] = (Path(path), line)
                verdict.failed_cases.update({case} & verdict.cases)
            elif report["outcome"] == "failed":
                verdict.broken.append(f"{case}: {report['text']}")
        assert found, f"{name} has no classes of tests:\n{done.stdout}{done.stderr}"
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
