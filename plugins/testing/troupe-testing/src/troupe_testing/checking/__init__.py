"""Checking a plugin that somebody else has written: the classes of the kit that fit it, run by pytest in a process of
their own, in an empty folder, whatever is set around it.

What a check would cost, or do to the world, is left to the plugin's own tests, which say how: a backend that is not
free is not asked, and a tool is not used. So is what only those tests can say to be meant as it is: see `excuses`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs

from troupe_core import ConfigError, PluginError

ORDERS, REPORT = "TROUPE_TESTING_CHECK", "TROUPE_TESTING_REPORT"
"""Variables of the other process: what it is to check, and the file that it reports to."""
LAST = 5
"""So many lines are shown of what a process has said that did not come to its end."""


@attrs.frozen
class Checked:
    """What came of one check: "passed", "failed", "skipped"; "broken", where it could not be carried out; or "left",
    where it failed, and the plugin's own tests could say that this is meant so.
    """

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
    settings; `tables` are those of what it registers, by name. Where there are none, it has to do with its defaults.
    """
    try:
        told = json.dumps({"place": place, "table": table or {}, "tables": tables or {}})
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"the settings for {place} cannot be handed to the process that checks it ({error}): "
            "they are tables, lists, texts, numbers and truths"
        ) from None
    with tempfile.TemporaryDirectory(prefix="troupe-check-") as folder:
        report, own = Path(folder, "report.json"), Path(folder, "pytest.ini")
        own.write_text("[pytest]\n", encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - this Python, and pytest
            [sys.executable, "-m", "pytest", *_OPTIONS, "-c", str(own), "--rootdir", folder],
            cwd=folder,
            env={**_environment(), ORDERS: told, REPORT: str(report)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        found = json.loads(report.read_text(encoding="utf-8")) if report.exists() else _NOTHING
    results = tuple(Checked(**each) for each in found["results"])
    if not found["whole"]:
        begun = Checked(**(found["begun"] or _BEFORE))
        results += (attrs.evolve(begun, outcome="broken", message=_end(done)),)
    elif found["error"] or not results:
        raise PluginError(f"{place} could not be checked: {found['error'] or 'no check fits it'}")
    return Checks(results, tuple(found["left"]))


_NOTHING: Mapping[str, Any] = {"results": [], "left": [], "begun": None, "error": "", "whole": False}
_BEFORE = {
    "subject": "the plugin",
    "check": "test_a_runtime_takes_it_in",
    "promise": "It can be imported.",
    "outcome": "broken",
}
_OURS = ("troupe_testing.pytest_plugin", "troupe_testing.checking.reporting")
_OPTIONS = [
    *("--pyargs", "troupe_testing.checking.checked", "--import-mode=importlib", "--noconftest", "--capture=no"),
    *(f"-p{name}" for name in (*_OURS, "no:cacheprovider", "no:terminal")),
]


def _environment() -> dict[str, str]:
    """Without what is set for pytest, or for Troupe; other plugins of pytest stay out."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TROUPE_"))}
    path = os.pathsep.join(filter(None, sys.path))
    return own | {"PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def _end(done: subprocess.CompletedProcess[str]) -> str:
    """How a process ended before it should have, and what it said last."""
    how = f"with exit code {done.returncode}"
    if done.returncode < 0:
        how = f"by signal {-done.returncode}"
        with suppress(ValueError):
            how = f"by {signal.Signals(-done.returncode).name}"
    said = (done.stdout + done.stderr).strip().splitlines()[-LAST:]
    return "\n".join([f"the process in which it was checked was ended {how}{':' if said else ''}", *said])
