"""What an answer of the rehearsal costs in CPU, in a focus group of a hundred with personas of the usual size.

Only the answers are timed, and not the turns around them. The first answer of each person, which reads its persona, is
in.
"""

import statistics
from collections.abc import Iterator
from time import process_time

from benchmarks.people import people, speech
from benchmarks.rows import Row, fresh, middle
from troupe_core import LLMRequest, Runtime, Simulation, TinyPerson, TinyWorld
from troupe_llm_rehearsal import backend

PEOPLE, ROUNDS, TABLE = 100, 4, 5


def requests() -> list[LLMRequest]:
    """What a hundred people at twenty tables ask in four rounds."""
    found: list[LLMRequest] = []
    answer = backend.answer

    def keep(request: LLMRequest, seed: int = 0) -> str:
        found.append(request)
        return answer(request, seed)

    backend.answer = keep
    with Runtime(["troupe_llm_rehearsal"], model="rehearsal/default", autoload=False, config={}) as runtime:
        simulation = Simulation(runtime=runtime)
        everybody = [TinyPerson(str(each["name"]), each, simulation=simulation) for each in people(PEOPLE)]
        worlds = [
            TinyWorld(f"Table {at}", everybody[at : at + TABLE], simulation=simulation).make_everyone_accessible()
            for at in range(0, PEOPLE, TABLE)
        ]
        for turn in range(ROUNDS):
            for world in worlds:
                world.broadcast(f"{speech(turn, 30)} What do you say?", source="Moderator").run(1)
        simulation.close()
    backend.answer = answer
    return found


def costs(repeats: int) -> list[float]:
    """Milliseconds an answer, of all of them in order."""
    from troupe_llm_rehearsal import scene, words

    asked = requests()
    out = []
    for _ in range(repeats):
        for memo in (scene._persona, scene._lines, scene._actions, words.words, words.sentences):
            memo.cache_clear()
        start = process_time()
        for request in asked:
            backend.answer(request)
        out.append((process_time() - start) / len(asked) * 1e3)
    return out


def rehearsal() -> Iterator[Row]:
    found = fresh("rehearsal:costs", repeats=5)
    yield Row(
        f"rehearsal, CPU an answer, {PEOPLE} persons in groups of {TABLE}, {ROUNDS} rounds",
        "≤ 2 ms",
        f"{middle(found)} ms",
        "",
        statistics.median(found) <= 2,
    )
