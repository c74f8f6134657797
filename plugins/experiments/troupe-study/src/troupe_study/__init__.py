"""Studies in a file: who is asked, in which world, and what is to be found out. `Study.read(path).run()` runs one, and
so does `troupe run`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from troupe_core import CommandSpec, hookimpl

if TYPE_CHECKING:
    from troupe_study.estimating import Estimate
    from troupe_study.outcome import Outcome
    from troupe_study.study import Findings, Generated, Group, Question, Stimulus, Study, World

TROUPE_API = (0, 2)

_HOMES = {
    "Estimate": "estimating",
    "Findings": "study",
    "Generated": "study",
    "Group": "study",
    "Outcome": "outcome",
    "Question": "study",
    "Stimulus": "study",
    "Study": "study",
    "World": "study",
}

__all__ = ["Estimate", "Findings", "Generated", "Group", "Outcome", "Question", "Stimulus", "Study", "World"]


@hookimpl
def troupe_register_commands() -> Iterator[CommandSpec]:
    yield CommandSpec("init", "troupe_study.commands:init", help="Begin a study: write a file that can be run.")
    yield CommandSpec("run", "troupe_study.commands:run", help="Run a study from its file.")
    yield CommandSpec("show", "troupe_study.showing:show", help="Show what a study came to.")
    yield CommandSpec("prompt", "troupe_study.prompting:prompt", help="Show what a person's model saw.")


def __getattr__(name: str) -> Any:  # at first use: the plugin is imported with every runtime
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
