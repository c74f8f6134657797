"""What holds for everything that works at a desk: enrichers and extractors."""

from __future__ import annotations

from pathlib import Path

from troupe_core import LLMRequest, Simulation
from troupe_testing.conformance.answering import outcome, requests_to
from troupe_testing.conformance.plugin import PluginConformance
from troupe_testing.conformance.stage import Stage
from troupe_testing.scripted import Answer


class DeskConformance(PluginConformance):
    """The kinds that work there say what a task is."""

    def answer(self, request: LLMRequest) -> Answer:
        """What a good model answers."""
        raise NotImplementedError

    def at_desk(self, stage: Stage, simulation: Simulation) -> object:
        """One task, the same each time."""
        raise NotImplementedError

    def test_the_simulation_pays_for_every_question(self, stage: Stage) -> None:
        """All are asked at the desk, also those that follow upon an answer which was of no use."""
        useless = iter(["", ""])
        runtime = stage.runtime(lambda request, call: next(useless, self.answer(request)))
        simulation = Simulation(runtime=runtime)
        outcome(lambda: self.at_desk(stage, simulation))
        asked, known = len(requests_to(runtime)), simulation.usage.calls
        assert known == asked, (
            f"the model was asked {asked} times, and the simulation knows of {known}: ask by desk.ask"
        )

    def test_run_again_on_its_journal_it_asks_nothing(self, stage: Stage, tmp_path: Path) -> None:
        """The same task is the same question: no clock, no chance but `desk.rng`, nothing that differs by the run."""
        asked = [self.asked_on(tmp_path / "study.db", stage) for _ in range(2)][1]
        assert not asked, f"the same program was run again on its journal, and asked {asked} times"

    def asked_on(self, path: Path, stage: Stage) -> int:
        """How often the model is asked by a program with that journal."""
        runtime = stage.runtime(self.script)
        simulation = Simulation(path, runtime=runtime, seed=7)
        outcome(lambda: self.at_desk(stage, simulation))
        runtime.close()
        return len(requests_to(runtime))
