"""Troupe in a real notebook kernel, whose own event loop runs while its cells do: plain calls and awaited ones."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


class Notebook:
    """One kernel; each cell is executed in it, and what it leaves open meets the next."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client
        self._cells = 0

    def __call__(self, source: str) -> str:
        """What a cell prints, and what its last line comes to."""
        cell = nbformat.v4.new_code_cell(dedent(source).strip())
        self._client.nb.cells.append(cell)
        self._client.execute_cell(cell, self._cells)
        self._cells += 1
        return "".join(_words(output) for output in cell.outputs)

    def error(self, source: str) -> str:
        """The error that a cell ends in."""
        with pytest.raises(CellExecutionError) as caught:
            self(source)
        self._cells += 1
        return f"{caught.value.ename}: {caught.value.evalue}"


def _words(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    return str(output.data["text/plain"]) if output.output_type == "execute_result" else ""


@pytest.fixture(scope="module")
def notebook(kernel: str) -> Iterator[Notebook]:
    client = NotebookClient(nbformat.v4.new_notebook(), kernel_name=kernel, timeout=60)
    with client.setup_kernel():
        yield Notebook(client)


START = """
import asyncio, os, sys, threading
from troupe_core import Runtime, Simulation, TinyMentalFaculty, TinyPerson, TinyWorld, action, current_simulation
from troupe_core.errors import SimulationEnded, WrongThread
from troupe_testing import ScriptedModel, do, talk, turn

def script(request, call):
    return turn(talk(f"{call.person} says number {call.turn}"))

runtime = Runtime(plugins=[ScriptedModel(script)], model="scripted/x", autoload=False)
"""


def test_a_notebook_is_worked_through_cell_by_cell(notebook):
    """One story in one kernel, since a kernel takes a second to start: each cell finds what those before have left."""
    assert notebook(START) == ""
    assert notebook("sys.executable") == repr(sys.executable)
    assert notebook("asyncio.get_running_loop().is_running()") == "True"  # else none of this would show anything

    # state is kept from cell to cell, and people find the one open simulation without being told
    assert notebook("simulation = Simulation(runtime=runtime)") == ""
    assert (
        notebook("""
        ada, ben = TinyPerson("Ada"), TinyPerson("Ben")
        world = TinyWorld("Room", [ada, ben])
        ada.simulation is simulation is current_simulation()
    """)
        == "True"
    )

    # plain calls, although the kernel's loop is running
    assert notebook('ada.listen_and_act("hello")[0].content') == "'Ada says number 0'"
    assert (
        notebook("""
        report = world.run(1)
        report.turns
    """)
        == "2"
    )

    # awaited ones in the next cell, alone and several at once
    assert notebook('(await ada.alisten_and_act("hello again"))[0].content') == "'Ada says number 2'"
    assert (
        notebook("""
        said = await asyncio.gather(ada.aact(), ben.aact())
        [facts[0].content for facts in said]
    """)
        == "['Ada says number 3', 'Ben says number 1']"
    )
    assert notebook("(await world.arun(2)).turns") == "4"
    assert notebook("[ada.state.turns, ben.state.turns]") == "[6, 4]"
    assert notebook("len(str(ada.prompt())) > 1000 and len(await ada.aprompt()) > 1000") == "True"

    # a plain call from inside the runtime's own loop: the error says what to write
    assert (
        notebook("""
        class Meddling(TinyMentalFaculty):
            '''You meddle.'''

            @action(observe=True)
            async def meddle(self, turn) -> str:
                '''meddle.'''
                try:
                    ben.act()
                except WrongThread as error:
                    return str(error)

        meddler = ScriptedModel(lambda request, call: turn(do("MEDDLE")) if call.ordinal == 0 else turn())
        other = Simulation(runtime=Runtime(plugins=[meddler], model="scripted/x", autoload=False))
        ben = TinyPerson("Ben", simulation=other)
        eve = TinyPerson("Eve", mental_faculties=[Meddling], simulation=other)
        eve.act()
        seen = [fact.content for fact in other.facts if fact.kind == "observation"]
        print(*seen)
    """)
        .strip()
        .endswith("use `await person.aact()`")
    )
    assert notebook.error("""
        async def inside():
            return ada.act()

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(inside(), runtime.thread.loop))
    """) == (
        "WrongThread: this code already runs on the runtime's event loop, and would wait for itself: "
        "use `await person.aact()`"
    )

    # two are open now: the next cell has to say which one it means
    assert "AmbiguousSimulation: 2 simulations are open" in notebook.error('TinyPerson("Zoe")')
    notebook("other.close(); other.runtime.close()")

    # a block in one cell; afterwards it has ended, and can be read in the next
    assert (
        notebook("""
        with Simulation(runtime=runtime) as short:
            cleo = TinyPerson("Cleo")
            cleo.listen_and_act("hello")
        cleo.simulation is short
    """)
        == "True"
    )
    assert notebook("[fact.content for fact in cleo.memories()]") == "['hello', 'Cleo says number 0']"
    assert "SimulationEnded" in notebook.error('cleo.listen("are you there?")')
    assert notebook("current_simulation() is simulation") == "True"
    assert (
        notebook("""
        async with Simulation(runtime=runtime) as awaited:
            dan = TinyPerson("Dan")
            await dan.aact()
        [dan.state.turns, awaited.ended, current_simulation() is simulation]
    """)
        == "[1, True, True]"
    )

    # a block that is entered in one cell and left in another
    notebook("entered = Simulation(runtime=runtime).__enter__()")
    notebook("""
        finn = TinyPerson("Finn", simulation=entered)
        finn.act()
    """)
    notebook("entered.__exit__(None, None, None)")
    assert notebook("[entered.ended, current_simulation() is simulation]") == "[True, True]"

    # an error in a cell leaves everything usable
    assert "ArgumentError: speech is empty" in notebook.error('ada.listen("")')
    assert notebook("len(ada.act())") == "1"

    # the end
    assert (
        notebook("""
        await runtime.aclose()
        [simulation.ended, [thread.name for thread in threading.enumerate() if thread.name == "troupe"]]
    """)
        == "[True, []]"
    )


def test_a_running_loop_in_the_tests_own_process_takes_plain_calls_too(make_simulation):
    """As a notebook's cell does, without the kernel: plain code that is called while a loop runs in the same thread."""
    from troupe_core import TinyPerson

    ada = TinyPerson("Ada", simulation=make_simulation())

    async def cell() -> int:
        ada.listen_and_act("hello")
        await ada.aact()
        return ada.state.turns

    assert asyncio.run(cell()) == 2
