"""A program is killed before, inside and after the effect of a tool, and run again: no effect happens twice."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.once

PROGRAM = Path(__file__).parent / "tool_program.py"


@pytest.fixture(scope="module")
def run(pythons: Any) -> Callable[[Path, Path, str, str], Any]:
    def run(journal: Path, folder: Path, tool: str, moment: str) -> Any:
        env = {**os.environ, "TOOL": tool}
        return pythons.told(PROGRAM, journal, folder, moment, killed=moment != "never", env=env)

    return run


def effects(folder: Path) -> list[str]:
    letters = folder / "letters.txt"
    lines = letters.read_text().splitlines() if letters.exists() else []
    sent = [line for line in lines if " begins " not in line]
    return sorted([*sent, *(file.read_text() for file in folder.glob("registered-*") if file.suffix != ".part")])


def begun_in(folder: Path) -> list[str]:
    return [line for line in (folder / "letters.txt").read_text().splitlines() if " begins " in line]


@pytest.fixture(params=["study.db", "study.json"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, run: Any) -> str:
    """The digest that the program comes to when nobody kills it."""
    alone = tmp_path_factory.mktemp("alone")
    return str(run(alone / "never.db", alone, "registered", "never")["digest"])


WHOLE = sorted(f"{name}, dear all, turn {number}" for name in ("Ada", "Ben") for number in range(3))


@pytest.mark.parametrize("moment", ["before", "inside", "after"])
def test_a_tool_that_can_tell_finishes_what_was_begun(run, journal, tmp_path, undisturbed, moment):
    run(journal, tmp_path, "registered", moment)
    again = run(journal, tmp_path, "registered", "never")
    assert effects(tmp_path) == WHOLE
    assert (again["in_doubt"], again["events"]) == ([], [])
    assert again["observed"] == ["It is in the register."] * 6
    assert again["digest"] == undisturbed


@pytest.mark.parametrize("moment", ["before", "inside", "after"])
def test_a_tool_that_cannot_tell_is_in_doubt_and_not_used_again(run, journal, tmp_path, moment):
    run(journal, tmp_path, "letters", moment)
    left = effects(tmp_path)
    again = run(journal, tmp_path, "letters", "never")
    assert again["in_doubt"] == ["Ben SEND 1"]
    assert "in doubt: SEND of letters, by Ben" in again["report"]
    assert again["events"] == ["IN_DOUBT"]
    (doubtful,) = [words for words in again["observed"] if words != "It is in the box."]
    assert doubtful == "Nobody knows whether SEND has had its effect: it was interrupted, and not done again."
    mine = "Ben, dear all, turn 1"
    assert effects(tmp_path).count(mine) == left.count(mine)
    assert [line for line in effects(tmp_path) if line != mine] == [line for line in WHOLE if line != mine]
    begun = begun_in(tmp_path)
    assert len(begun) == len(set(begun))
    third = run(journal, tmp_path, "letters", "never")  # it is found as it became, and is nobody's news any more
    assert (third["calls"], third["in_doubt"], third["digest"]) == (0, [], again["digest"])


@pytest.mark.parametrize("moment", ["before", "inside", "after"])
def test_what_can_be_repeated_is_repeated(run, journal, tmp_path, moment):
    run(journal, tmp_path, "bell", moment)
    again = run(journal, tmp_path, "bell", "never")
    assert again["in_doubt"] == []
    assert again["observed"] == ["It rings."] * 6
