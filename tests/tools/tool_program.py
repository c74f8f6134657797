"""A program whose people use tools, and which is killed at a certain moment of one use.

    python tool_program.py JOURNAL FOLDER MOMENT

MOMENT is before, inside or after the effect, or "never". It prints what came of it, as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from troupe_core import Runtime, Simulation, TinyPerson, TinyTool, TinyWorld, ToolCall, action, hookimpl
from troupe_testing import ScriptedModel, do, talk, turn

JOURNAL, FOLDER, MOMENT = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
VICTIM = "Ben"
"""In whose second use it happens."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at(moment: str, call: ToolCall) -> None:
    if moment == MOMENT and call.person == VICTIM and call.turn == 1:
        die()


class Letters(TinyTool):
    """You can send letters."""

    @action
    async def send(self, call: ToolCall, words: str) -> str:
        """send a letter."""
        at("before", call)
        with (FOLDER / f"{self.name}.txt").open("a") as file:
            file.write(f"{call.name} begins {words}\n")
            file.flush()
            at("inside", call)
            file.write(f"{call.name}, {words}\n")
        return "It is in the box."


class Registered(Letters):
    """You can send registered letters: there is a register of them."""

    @action(name="SEND_REGISTERED")
    async def send(self, call: ToolCall, words: str) -> str:
        """send a registered letter."""
        at("before", call)
        half = FOLDER / f"registered-{call.key}.part"
        half.write_text(call.name)
        at("inside", call)
        half.write_text(f"{call.name}, {words}")
        half.replace(FOLDER / f"registered-{call.key}")
        return "It is in the register."

    async def became(self, call: ToolCall) -> str | None:
        return "It is in the register." if (FOLDER / f"registered-{call.key}").exists() else None


class Bell(TinyTool):
    """You can ring."""

    repeatable = True

    @action
    async def ring(self, call: ToolCall) -> str:
        """ring."""
        at("before", call)
        at("inside", call)
        (FOLDER / "bell").touch()
        return "It rings."


class Dying:
    """Dies when the effect is there, and its result on no record."""

    @hookimpl(wrapper=True)
    def troupe_tool_handler(self, tool: TinyTool) -> Any:
        inner = yield

        async def handler(call: ToolCall) -> str:
            result: str = await inner(call)
            at("after", call)
            return result

        return handler


def script(request: Any, call: Any) -> Any:
    if call.purpose != "turn":
        return {"memories": []}
    news = request.messages[-1].content
    if any(words in news for words in ("It is in the", "It rings", "Nobody knows")):
        return turn(talk(f"Done, in turn {call.turn}."))
    if "RING" in json.dumps(request.schema):
        return turn(do("RING"))
    kind = "SEND_REGISTERED" if "SEND_REGISTERED" in json.dumps(request.schema) else "SEND"
    return turn(do(kind, words=f"dear all, turn {call.turn}"))


def main() -> None:
    tool = {"letters": Letters, "registered": Registered, "bell": Bell}[os.environ["TOOL"]]
    model = ScriptedModel(script)
    with Runtime(plugins=[model, Dying()], model="scripted/x", autoload=False) as runtime:
        with Simulation(JOURNAL, runtime=runtime) as simulation:
            people = [TinyPerson(name, tools=[tool]) for name in ("Ada", VICTIM)]
            report = TinyWorld("Office", people).run(3, schedule="sequential")
            facts = [fact for person in people for fact in person.memories() if fact.type != "DONE"]
            digest = simulation.digest()
        if MOMENT == "never":
            assert Simulation.replay(JOURNAL, runtime=runtime, attach={tool.name: tool}).turns == 6
    told = {
        "calls": model.calls,
        "in_doubt": [f"{call.person} {call.action} {call.turn}" for call in report.in_doubt],
        "report": str(report),
        "events": sorted({fact.type for fact in simulation.facts if fact.kind == "event"}),
        "observed": [fact.content for fact in facts if fact.kind == "observation"],
        "digest": digest,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
