"""What happens, shown to programs: one JSON object in each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from troupe_core import Answered, AnswerReused, Fact, ModelCall, Remark, StepEnded, TurnEnded
from troupe_core.errors import told
from troupe_core.llm import BILLION
from troupe_presenter.json_text import json_text
from troupe_presenter.lines import THOUGHTS
from troupe_presenter.shown import Shown


class JsonLines(Shown):
    """Each has an `event`, which says what else it has."""

    def document(self, event: str, **content: Any) -> None:
        """A line of one's own, in its place among the others."""
        with self._lock:
            self._line({"event": event, **content})

    def _tell(self, text: str) -> None:
        self._line({"event": "note", "text": text})

    def _happened(self, simulation: str, facts: Sequence[Fact], step: StepEnded | None) -> None:
        where = {"simulation": simulation}
        if step is not None:
            where |= {"world": step.world}
            self._line({"event": "step", **where, "step": step.step})
        for fact in facts:
            if self.thoughts or fact.kind != "action" or fact.type not in THOUGHTS:
                self._line({"event": "fact", **where, **fact.plain()})

    def _turn_ended(self, event: TurnEnded) -> None:
        error = None if event.error is None else told(event.error)
        where = {"simulation": event.simulation, "world": event.world}
        self._line({"event": "turn", **where, "person": event.person, "turn": event.turn, "error": error})

    def _called(self, event: ModelCall) -> None:
        usage = event.usage
        self._line(
            {
                "event": "call",
                **_asked(event),
                "seconds": round(event.seconds, 6),
                "tokens_in": usage.input if usage is not None else None,
                "tokens_out": usage.output if usage is not None else None,
                "cached": usage.cached if usage is not None else None,
                "money": event.cost / BILLION if event.cost is not None else None,
                "error": None if event.error is None else type(event.error).__name__,
            }
        )

    def _answered(self, event: Answered) -> None:
        answer = event.answer
        self._line(
            {
                "event": "answer",
                "simulation": event.simulation,
                "person": answer.source,
                "question": event.question,
                "answer": answer.content,
                "values": dict(event.values),
                "replicate": event.replicate,
                "mark": answer.mark,
                **({"substitute": answer.substitute.plain()} if answer.substitute is not None else {}),
            }
        )

    def _reused(self, event: AnswerReused) -> None:
        usage = event.usage
        self._line(
            {
                "event": "reused",
                **_asked(event),
                "source": event.source,
                "tokens_in": usage.input,
                "tokens_out": usage.output,
                "money": event.cost / BILLION if event.cost is not None else None,
            }
        )

    def _remarked(self, event: Remark) -> None:
        self._line({"event": "remark", "simulation": event.simulation, "thing": event.thing, "text": event.text})

    def _line(self, content: Mapping[str, Any]) -> None:
        self.stream.write(f"{json_text(content, self.stream.encoding)}\n")


def _asked(event: ModelCall | AnswerReused) -> dict[str, Any]:
    """Who has asked which model, and what for."""
    call = event.call
    return {
        "simulation": call.simulation,
        "world": call.world,
        "person": call.person,
        "turn": call.turn,
        "purpose": call.purpose,
        "model": event.model,
    }
