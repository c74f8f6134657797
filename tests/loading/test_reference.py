"""Every hook has a place in the reference, an example that runs, and a test."""

from __future__ import annotations

import re
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from typing import Any

import pytest

from troupe_core import Runtime, Simulation, TinyPerson, TinyTool, action
from troupe_core.hookspecs import TroupeSpecs
from troupe_core.plugins.kinds import KINDS
from troupe_testing import ScriptedModel, do, turn

ROOT = Path(__file__).parents[2]
HOOKS = [name for name in vars(TroupeSpecs) if name.startswith("troupe_")]
ACTING = [name for name in HOOKS if not name.startswith("troupe_register_")]


@pytest.fixture(scope="module")
def writer() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "docs")
        return import_module("write_reference")


def test_the_reference_says_what_the_code_says(writer):
    written = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "reference").iterdir()}
    assert written == {name: write() for name, write in writer.PAGES.items()}, "out of date: run `make reference`"


@pytest.mark.parametrize("hook", HOOKS)
def test_each_hook_has_a_place_in_the_reference(hook):
    page = (ROOT / "docs" / "reference" / "hooks.md").read_text(encoding="utf-8")
    section = page.partition(f"\n### {hook}\n")[2].partition("\n### ")[0]
    assert f"def {hook}(" in section
    assert "@hookimpl" in section


def example_of(hook: str) -> str:
    """The program in the hook's docstring."""
    (program,) = re.findall(
        r"^```python\n(.*?)^```", getdoc(getattr(TroupeSpecs, hook)) or "", re.DOTALL | re.MULTILINE
    )
    return str(program)


@pytest.mark.parametrize("hook", HOOKS)
def test_each_example_runs_as_the_plugin_that_it_is(hook, tmp_path, capsys):
    (tmp_path / "example.py").write_text(example_of(hook), encoding="utf-8")
    with Runtime([tmp_path / "example.py", ScriptedModel()], model="scripted/x", autoload=False) as runtime:
        assert runtime.plugins.hooks_of("example") == [hook]
        for kind in (kind for kind in KINDS if kind.hook == hook):
            records = runtime.registry.records(kind.record)
            mine = [record for record, origin in records.all() if origin.plugin == "example"]
            assert mine
            assert all(runtime.make(kind.record, record.name) is not None for record in mine)
        TinyPerson("Ada", simulation=Simulation(runtime=runtime)).act()


class Notes(TinyTool):
    """There is a notebook."""

    @action
    async def write(self, call: Any, text: str) -> str:
        """write something down."""
        raise AssertionError("this is a rehearsal")


def noting(request: Any, call: Any) -> Any:
    return turn() if call.ordinal else turn(do("WRITE", text="rolls"))


def test_what_acts_around_a_turn_is_seen_to_act(tmp_path, capsys):
    for hook in ACTING:
        (tmp_path / f"{hook}.py").write_text(example_of(hook), encoding="utf-8")
    plugins = [*(tmp_path / f"{hook}.py" for hook in ACTING), ScriptedModel(noting)]
    with Runtime(plugins, model="scripted/x", autoload=False) as runtime:
        ada = TinyPerson("Ada", tools=[Notes], simulation=Simulation(runtime=runtime))
        ada.act()
        assert set(runtime.plugins.get_plugin("troupe_transaction_handler").times) == {ada.id}
    asking, told, *_ = capsys.readouterr().out.splitlines()
    assert asking == "asking scripted/x"
    assert told.startswith("scripted/x ")
    assert "You would have done WRITE; this is a rehearsal." in [fact.content for fact in ada.memories()]
