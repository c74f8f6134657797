"""Each assertion of the kit has one deliberately wrong plugin, which fails exactly that one. Whoever deletes an
assertion, or adds one that nothing can fail, turns a test red here.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULES = sorted(path.stem.removeprefix("wrong_") for path in HERE.glob("wrong_*.py"))
"""Of the kit, each with a file of plugins that are wrong by one of its assertions."""


@pytest.mark.parametrize("module", MODULES)
def test_every_assertion_is_failed_by_one_plugin_and_by_nothing_else(module, judge, assertions):
    kit = importlib.import_module(f"troupe_testing.conformance.{module}")
    verdicts = judge(f"wrong_{module}.py")
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


def test_every_module_of_the_kit_that_asserts_has_its_wrong_plugins(assertions):
    import troupe_testing.conformance

    folder = Path(str(troupe_testing.conformance.__file__)).parent
    names = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
    asserting = [name for name in names if assertions(importlib.import_module(f"troupe_testing.conformance.{name}"))]
    assert sorted(asserting) == MODULES
