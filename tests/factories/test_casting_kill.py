"""A program that is killed when sixty of a hundred people are answered for, and run again, pays for forty."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "casting_program.py"


def run(journal: Path, answers: str) -> Any:
    command = [sys.executable, "-W", "error", str(PROGRAM), str(journal), answers]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if answers != "all":
        assert done.returncode == -signal.SIGKILL, done.stderr
        return None
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the program comes to when nobody kills it."""
    return run(tmp_path_factory.mktemp("crews") / "crew.db", "all")


@pytest.mark.once
@pytest.mark.parametrize("name", ["crew.db", "crew.json"])
def test_after_a_kill_only_the_rest_is_paid_for(tmp_path, name, undisturbed):
    assert undisturbed["calls"] == 100
    run(tmp_path / name, "60")
    assert run(tmp_path / name, "all") == {**undisturbed, "calls": 40}
    assert run(tmp_path / name, "all") == {**undisturbed, "calls": 0}
