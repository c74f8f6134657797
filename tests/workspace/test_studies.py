"""The studies of `examples/`: each runs as it stands and comes to something, costs what its dry run says, and nothing
when it is run again. Each is told once more as a program beside them, which `test_documents.py` runs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from troupe_core import Runtime
from troupe_study import Study

EXAMPLES = Path(__file__).parents[2] / "examples"
STUDIES = sorted((EXAMPLES / "studies").glob("*.toml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_a_study_of_the_examples_runs_and_costs_nothing_again(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)  # where people leave notes
    study = Study.read(path)
    with Runtime() as runtime:
        estimate = study.estimate(runtime=runtime)
        outcome = study.run(tmp_path / "out", runtime=runtime)
        assert outcome.failures == ()
        found = [*(outcome.results or ()), *(row for results in outcome.answers for row in results)]
        assert found
        assert all(row.mark == "rehearsal" for row in found)
        assert set(outcome.groups.values()) == set(study.groups)
        assert estimate.calls <= outcome.spent.calls <= estimate.most_calls
        assert 0.5 < estimate.input / outcome.spent.usage.input < 2
        assert study.budget is not None and estimate.calls <= study.budget.calls  # noqa: PT018 - for the type checker
        assert study.run(tmp_path / "out", runtime=runtime).spent.calls == 0
    assert (EXAMPLES / f"{path.stem}.py").exists()


def test_twelve_people_are_found_in_their_corners_of_politics():
    """What puppets say follows their personas; so the example shows what it is to show."""
    import runpy

    told = runpy.run_path(str(EXAMPLES / "compass.py"))
    assert told["found"] == 12
