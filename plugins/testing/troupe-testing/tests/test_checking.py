"""Checking a plugin of somebody else: what it comes to where a plugin is at odds with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from troupe_core import ConfigError
from troupe_testing import conformance
from troupe_testing.checking import Checks, check
from troupe_testing.checking.excuses import EXCUSES


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., Checks]:
    def run(code: str, **tables: object) -> Checks:
        path = tmp_path / "acme.py"
        path.write_text(dedent(code), encoding="utf-8")
        return check(str(path), **tables)  # type: ignore[arg-type]

    return run


def test_a_wrapper_is_asked_and_what_may_be_meant_so_is_told(checked):
    checks = checked("""
        from attrs import evolve
        from troupe_core import LLMWrapper, hookimpl

        class Hiding(LLMWrapper):
            async def complete(self, request, call):
                answer = await self.inner.complete(request, call)
                return evolve(answer, model='acme')

        @hookimpl(wrapper=True)
        def troupe_llm_handler(model):
            return Hiding((yield))
    """)
    assert checks.wrong == ()
    assert len(checks.left) == 1
    assert checks.left[0].startswith("what stands around models: the model answered LLMResponse(")
    assert checks.left[0].endswith(". It may be meant so: then its tests say transparent = False")


def test_what_costs_or_has_an_effect_is_not_tried(checked):
    checks = checked("""
        from troupe_core import BackendSpec, ToolSpec, TinyTool, hookimpl

        class Ringing(TinyTool):
            \"\"\"A bell.\"\"\"

        @hookimpl
        def troupe_register_tools():
            yield ToolSpec("ringing", Ringing)

        @hookimpl
        def troupe_register_llm_backends():
            yield BackendSpec("dear", lambda: None)
    """)
    assert checks.wrong == ()
    assert checks.left == (
        "the backend dear was not asked, which may cost something",
        "the tool ringing was not used, which would have an effect",
    )


@pytest.mark.parametrize(
    ("end", "how"), [("os._exit(7)", "with exit code 7"), ("os.kill(os.getpid(), signal.SIGTERM)", "by SIGTERM")]
)
def test_a_process_that_is_ended_at_once(checked, end, how):
    checks = checked(f"import os, signal, sys\nprint('farewell', flush=True)\n{end}")
    (wrong,) = checks.results
    assert (wrong.check, wrong.outcome) == ("test_a_runtime_takes_it_in", "broken")
    assert wrong.message == f"the process in which it was checked was ended {how}:\nfarewell"


def test_a_process_that_is_ended_on_the_way_is_told_with_the_check(checked):
    checks = checked("""
        import os
        from troupe_core import hookimpl

        @hookimpl
        def troupe_event(event):
            os._exit(0)
    """)
    assert [each.check for each in checks.wrong] == ["test_two_runtimes_at_once_do_not_disturb_each_other"]
    assert checks.wrong[0].message == "the process in which it was checked was ended with exit code 0"
    assert checks.results[-1] == checks.wrong[0]
    assert len(checks.results) > 5


def test_settings_that_are_no_plain_data(checked):
    with pytest.raises(ConfigError, match="cannot be handed to the process that checks it"):
        checked("", table={"when": object()})


def test_excuses_are_of_checks_and_of_what_their_classes_can_say():
    classes = [getattr(conformance, name) for name in conformance.__all__]
    for name, said in EXCUSES.items():
        having = [each for each in classes if hasattr(each, name)]
        assert having, name
        assert all(hasattr(each, said.partition(" ")[0]) for each in having)
        assert all(inspect.isfunction(getattr(each, name)) for each in having)
