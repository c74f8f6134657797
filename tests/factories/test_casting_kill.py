"""A program that is killed when sixty of a hundred people are answered for, and run again, pays for forty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parent / "casting_program.py"


@pytest.fixture(scope="module")
def run(pythons: Any) -> Callable[[Path, str], Any]:
    def run(journal: Path, answers: str) -> Any:
        return pythons.told(PROGRAM, journal, answers, killed=answers != "all")

    return run


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, run: Any) -> Any:
    """What the program comes to when nobody kills it."""
    return run(tmp_path_factory.mktemp("crews") / "crew.db", "all")


@pytest.mark.once
@pytest.mark.parametrize("name", ["crew.db", "crew.json"])
def test_after_a_kill_only_the_rest_is_paid_for(run, tmp_path, name, undisturbed):
    assert undisturbed["calls"] == 100
    run(tmp_path / name, "60")
    assert run(tmp_path / name, "all") == {**undisturbed, "calls": 40}
    assert run(tmp_path / name, "all") == {**undisturbed, "calls": 0}
