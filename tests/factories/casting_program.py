"""A program that casts a hundred people, and is killed when so many of them have been answered for.

    python casting_program.py JOURNAL ANSWERS

ANSWERS is how many answers are on disk when it happens, or "all". It prints what came of it, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any

from troupe_core import Runtime, Simulation, TinyPersonFactory
from troupe_testing import JournalInspector, ScriptedModel

JOURNAL, ANSWERS = Path(sys.argv[1]), sys.argv[2]
BIG_FIVE = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")


def described(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "age": 41,
        "gender": "man",
        "nationality": "Dutch",
        "residence": "Leiden",
        "education": "none",
        "occupation": {"title": "sailor"},
        "long_term_goals": ["a garden"],
        "style": "slow",
        "personality": {"traits": ["calm"], "big_five": dict.fromkeys(BIG_FIVE, "middling")},
        "preferences": {"interests": ["weather"], "likes": ["tea"], "dislikes": ["crowds"]},
        "skills": ["knots"],
        "beliefs": ["it will rain"],
        "behaviors": {"general": ["looks up"]},
    }


def on_disk() -> int:
    try:
        return len(JournalInspector(JOURNAL).answers)
    except (FileNotFoundError, sqlite3.OperationalError):  # it is about to be made
        return 0


def kill_when_on_disk() -> None:
    while on_disk() < int(ANSWERS):
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGKILL)


async def script(request: Any, call: Any) -> Any:
    """Answers for as many as are to be on disk, and for nobody else."""
    if ANSWERS != "all" and call.turn >= int(ANSWERS):
        await asyncio.Event().wait()
    return described(f"Person {call.turn}")


def main() -> None:
    if ANSWERS != "all":
        threading.Thread(target=kill_when_on_disk, daemon=True).start()
    model = ScriptedModel(script)
    with Runtime(plugins=[model], model="scripted/x", autoload=False, config={}) as runtime:
        with Simulation(JOURNAL, runtime=runtime) as simulation:
            people = TinyPersonFactory("A crew.").generate_people(100)
        told = {"calls": model.calls, "people": len(people), "digest": simulation.digest()}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
