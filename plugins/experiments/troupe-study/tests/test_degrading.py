"""Studies with several models, and with less than was wanted: what they leave says so everywhere."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from troupe_core import ConfigError, ModelUnavailable, Runtime
from troupe_study import Study
from troupe_testing import ScriptedModel, talk, turn

MODELS = ["scripted/best", "scripted/cheap"]
DATA: dict[str, Any] = {
    "title": "Soup",
    "model": MODELS,
    "people": [{"inline": "A nurse.", "name": name} for name in ("Ada", "Ben", "Eve")],
    "world": {"rounds": 2, "kind": "survey"},
    "stimulus": [{"say": "Cold soup, 3.50?"}],
    "ask": [{"question": "Would you buy it?"}],
    "findings": {"objective": "Would they buy?", "fields": {"reason": "text"}},
}
INSTEAD = "scripted/cheap instead of scripted/best (ModelUnavailable: the provider answered 503)"


def script(request: Any, call: Any) -> Any:
    if request.model == "best" and call.person == "Ada":
        return ModelUnavailable("the provider answered 503", status=503)
    return answer(call)


def answer(call: Any) -> Any:
    if call.purpose == "ask":
        return {"thought": "", "answer": "No."}
    if call.purpose == "extraction":
        value = {"value": "dear", "confidence": 0.9, "evidence": [1]}
        return {"found": {"reason": value}, "reason": value}
    return turn(talk("It is dear."))


@contextmanager
def asked(script: Callable[[Any, Any], Any] = script) -> Iterator[Runtime]:
    with Runtime([ScriptedModel(script)], settings={"resilience": {"attempts": 1}}) as runtime:
        yield runtime


def nobody(request: Any, call: Any) -> Any:
    raise AssertionError("was asked once more")


def test_where_another_model_has_answered_all_that_is_left_says_so(folder: Path, troupe: Callable[..., Any]):
    place = folder / "soup.results"
    with asked() as runtime:
        outcome = Study.of(DATA, folder).run(place, runtime=runtime)
    assert outcome.substituted == (
        f"2 of 6 turns with {INSTEAD}",
        f"1 of 3 answers rest on {INSTEAD}",
        f"1 of 3 findings rest on {INSTEAD}",
    )
    assert str(outcome).endswith(f"1 of 3 findings rest on {INSTEAD}")
    for name, first in (
        ("README.md", "2 of 6 turns with"),
        ("transcript.md", "2 of 6 turns with"),
        ("findings.md", "1 of 3 rows rest on"),
        ("answers.md", "1 of 3 rows rest on"),
    ):
        assert f"*{first} scripted/cheap instead of scripted/best" in (place / name).read_text(), name
    events = [json.loads(line) for line in (place / "transcript.jsonl").read_text().splitlines()]
    acts = [each for each in events if each["kind"] == "action"]
    assert {each["thing"]: each.get("substitute", {}).get("model") for each in acts} == {
        "Ada": "scripted/cheap",
        "Ben": None,
        "Eve": None,
    }
    for name in ("findings.csv", "answers.csv"):
        rows = list(csv.DictReader((place / name).read_text().splitlines()))
        assert [row["substitute"] for row in rows] == ["scripted/cheap", "", ""]
    assert json.loads((place / "study.json").read_text())["substituted"] == list(outcome.substituted)
    shown = troupe("show", place).out
    assert all(told in " ".join(shown.split()) for told in outcome.substituted)

    before = {path.name: path.read_bytes() for path in place.iterdir() if path.suffix in (".md", ".csv", ".jsonl")}
    with asked(nobody) as runtime:
        again = Study.of(DATA, folder).run(place, runtime=runtime)
    assert (again.substituted, again.moved, again.spent.calls) == (outcome.substituted, (), 0)
    assert before["transcript.jsonl"] == (place / "transcript.jsonl").read_bytes()


@pytest.mark.parametrize(("of", "whose"), [("people", ["Ada", "Ben", "Eve"]), ("world", ["Study"])])
def test_a_budget_that_is_spent_can_leave_out_whoever_is_left(folder: Path, of: str, whose: list[str]):
    findings = {**DATA["findings"], "of": of}
    data = {**DATA, "findings": findings, "model": MODELS[0], "budget": {"calls": 4}}
    data |= {"degradation": {"on_budget": "skip"}}
    with asked(lambda request, call: answer(call)) as runtime:
        outcome = Study.of(data, folder).run(folder / "soup.results", runtime=runtime)
    assert len(outcome.missed) == 2
    assert len([each for each in outcome.failures if "the budget of 4 calls is spent" in each]) == 5 + len(whose)
    assert outcome.results is not None
    assert [each.of for each in outcome.results.failures] == whose
    assert "had no turn here" in (folder / "soup.results" / "transcript.md").read_text()
    assert not (folder / "soup.results" / "unfinished").exists()
    larger = {**data, "budget": {"calls": 100}}
    with asked(lambda request, call: answer(call)) as runtime:
        again = Study.of(larger, folder).run(folder / "soup.results", runtime=runtime)
    assert (again.missed, again.failures) == ((), ())
    assert again.spent.calls == 2 + 3 + len(whose), "what was missing is asked for, and only that"


def test_a_dry_run_tells_who_would_be_asked(folder: Path):
    data = {**DATA, "degradation": {"cheaper_from": 0.75}}
    with asked(nobody) as runtime:
        estimate = Study.of(data, folder).estimate(runtime=runtime)
        alone = Study.of({**DATA, "model": MODELS[0]}, folder).estimate(runtime=runtime)
    told = "scripted/best is asked; where it fails, and from 75% of the budget on, scripted/cheap"
    assert str(estimate).splitlines()[-1] == told
    assert estimate.plain()["models"] == [MODELS]
    assert "is asked" not in str(alone)


def test_mistakes_in_it_are_told_with_their_lines(folder: Path, write: Callable[[str, str], Path]):
    models = "\nmodel = ['rehearsal/default', 'scripted/any']\n"
    path = write("soup.toml", f'title = "Soup"{models}[degradation]\non_budget = "cheaper"\n[[people]]\ninline = "x"\n')
    with pytest.raises(ConfigError) as caught:
        Study.read(path)
    told = str(caught.value)
    assert f"{path}:2: model: rehearsal/default is one of several models" in told
    assert 'is "stop" or "skip"' in told
    assert f"{path}:3: degradation" in told or f"{path}:4: degradation" in told
