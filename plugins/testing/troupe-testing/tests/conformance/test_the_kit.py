"""Each assertion of the kit has one deliberately wrong plugin, which fails exactly that one. Whoever deletes an
assertion, or adds one that nothing can fail, turns a test red here.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from troupe_testing.conformance.wire import DAYS

HERE = Path(__file__).parent
MODULES = sorted(path.stem.removeprefix("wrong_") for path in HERE.glob("wrong_*.py"))
"""Of the kit, each with a file of plugins that are wrong by one of its assertions."""

BOTH_WAYS = ["complete", "stream"]
CASES = {
    "backend": {"test_it_tells_how_an_answer_ended": ["question-cut-length", "question-refused-refusal"]},
    "cache": {
        "test_another_question_is_asked_for_itself": [
            *("lane", "model", "schema", "seed", "temperature", "text", "tools"),
        ],
    },
    "enricher": {
        "test_the_model_is_told_all_of_the_task": ["content", "content_type", "context", "earlier", "requirements"],
    },
    "extractor": {"test_the_model_is_told_all_of_the_task": ["hints", "objective", "situation"]},
    "wire": {"test_a_bad_day": [*DAYS]},
    "wrapper": {
        "test_an_error_comes_out_as_it_is": BOTH_WAYS,
        "test_the_question_reaches_the_model_as_it_was_put": BOTH_WAYS,
    },
}
"""Of the checks that are made several times. One that is left out of the kit is missed here."""
FAILED_BY_NOBODY = {
    "cache": ["test_another_question_is_asked_for_itself[text]"],  # who takes one text for another fails everything
    "enricher": ["test_the_model_is_told_all_of_the_task[content]"],  # who leaves it out fails what is about its form
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)], ids=["", "whole"])
@pytest.mark.parametrize("module", MODULES)
def test_every_assertion_is_failed_by_one_plugin_and_by_nothing_else(module, whole, judge, assertions):
    kit = importlib.import_module(f"troupe_testing.conformance.{module}")
    verdicts = judge(f"wrong_{module}.py", whole)
    assert {owner: verdict.broken for owner, verdict in verdicts.items() if verdict.broken} == {}

    right = {owner: verdict for owner, verdict in verdicts.items() if owner.startswith("TestRight")}
    assert right, "every file of wrong plugins begins with a right one"
    assert {owner: sorted(verdict.failed) for owner, verdict in right.items()} == {owner: [] for owner in right}
    assert all(verdict.passed for verdict in right.values())

    wrong = {owner: verdict for owner, verdict in verdicts.items() if owner not in right}
    several = {owner: sorted(verdict.failed) for owner, verdict in wrong.items() if len(verdict.failed) != 1}
    assert not several, "each wrong plugin fails exactly one check"

    places = {owner: place for owner, verdict in wrong.items() for place in verdict.failed.values()}
    file = Path(str(kit.__file__)).resolve()
    elsewhere = {owner: place for owner, place in places.items() if place[0].resolve() != file}
    assert not elsewhere, f"they are failed by an assertion of the kit's module {module}"

    known = assertions(kit)
    found = {lines for lines in known for _, line in places.values() if line in lines}
    assert {f"{known[lines]}, line {lines[0]}" for lines in known if lines not in found} == set(), "nothing fails these"
    assert len(places) == len(known), "one wrong plugin for each assertion"

    expected = {f"{check}[{case}]" for check, cases in CASES.get(module, {}).items() for case in cases}
    there = {case for verdict in right.values() for case in verdict.cases}
    assert {case for case in there if case.partition("[")[0] in known.values()} == expected
    failed = {case for verdict in wrong.values() for case in verdict.failed_cases}
    assert sorted(expected - failed) == FAILED_BY_NOBODY.get(module, []), "nothing fails these cases"


def test_every_module_of_the_kit_that_asserts_has_its_wrong_plugins(assertions):
    import troupe_testing.conformance

    folder = Path(str(troupe_testing.conformance.__file__)).parent
    names = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
    asserting = [name for name in names if assertions(importlib.import_module(f"troupe_testing.conformance.{name}"))]
    assert sorted(asserting) == MODULES
