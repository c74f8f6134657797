"""`troupe prompt`: what a person's model saw, word for word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

import troupe_cli
from troupe_core import ArgumentError, Simulation, TinyPerson
from troupe_presenter import json_text, showable
from troupe_presenter.lines import BOLD, DIM
from troupe_study.results import JOURNAL, folder_of, is_study, somebody
from troupe_study.screen import put, screen
from troupe_study.words import counted

if TYPE_CHECKING:
    from troupe_core import Message, Prompt
    from troupe_presenter import Lines

STYLES = {
    "rules and abilities": DIM,
    "persona": "32",
    "history: user": "36",
    "history: assistant": "35",
    "what is new": "1;33",
    "present state": "34",
    "form of the answer": DIM,
}
"""By origin; everything else stands as it is."""
ANSWER = "the answer"


@attrs.frozen
class Request:
    """One that was made, or that would be made next."""

    about: str
    prompt: Prompt
    answer: str | None

    def plain(self) -> dict[str, Any]:
        return {
            "request": self.about,
            "parts": [{"origin": part.origin, "text": part.text} for part in self.prompt.parts],
            "messages": [_message(each) for each in self.prompt.messages],
            "answer": self.answer,
        }


def _message(message: Message) -> dict[str, Any]:
    """As it was sent; of pictures, the names under which the journal has them."""
    plain: dict[str, Any] = {"role": message.role, "content": message.content}
    return plain | {"images": [image.digest.hex() for image in message.images]} if message.images else plain


@click.command()
@click.argument("folder", type=click.Path())
@click.argument("who")
@click.option(
    "--at",
    "turn",
    metavar="TURN",
    type=click.IntRange(min=0),
    help="At this turn; the first is 0. If nobody says, the last.",
)
@click.option("--next", "upcoming", is_flag=True, help="What would be asked next.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, with the messages as they were sent.")
def prompt(folder: str, who: str, turn: int | None, upcoming: bool, as_json: bool) -> int:
    """Show what a person's model saw in a turn, its parts named and coloured by where they come from, and the answer.

    FOLDER is what `troupe run` has left, or the study's file beside it; a journal does as well. The turn is executed
    once more from the answers on record: nobody is asked, and nothing is written. Turns are numbered as in the
    transcript, from 0.
    """
    if turn is not None and upcoming:
        raise click.UsageError("--at is a turn that is over, and --next the one to come: give one of them")
    journal = _journal(folder)
    view = Simulation.view(journal, runtime=troupe_cli.session().runtime())
    try:
        person = _person(view, who, folder)
        number = turn if turn is not None else person.state.turns - (not upcoming)
        if upcoming:
            requests = [Request("what would be asked next", person.prompt(), None)]
        else:
            asked = person.prompts(turn)
            requests = [Request(f"{each.call.purpose}, {each.model}", each.prompt, each.answer.text) for each in asked]
        name = person.name
    finally:
        view.close()
    if as_json:
        document = {"person": name, "turn": number, "requests": [each.plain() for each in requests]}
        put([json_text(document, screen().encoding, indent=2)])
    else:
        put(_lines(name, number, requests, screen()))
    return 0


def _journal(place: str) -> Path:
    path = Path(place).expanduser()
    if path.is_file() and not is_study(path):
        return path
    journal = folder_of(place) / JOURNAL
    if not journal.is_file():
        raise ArgumentError(f"{journal.parent} has no {JOURNAL}, in which everything that was answered stands")
    return journal


def _person(view: Simulation, who: str, where: str) -> TinyPerson:
    if who in view and isinstance(view[who], TinyPerson):
        return view[who]  # type: ignore[no-any-return]  # a handle of whatever is called so
    people = {thing.name: thing for thing in view if isinstance(thing, TinyPerson)}
    return people[somebody(who, [*people], where)]


def _lines(name: str, number: int, requests: Sequence[Request], lines: Lines) -> Iterator[str]:
    many = f"; {counted(len(requests), 'request')}" if len(requests) > 1 else ""
    yield from lines.note(f"{name}, turn {number}{many}", BOLD)
    before: tuple[Any, ...] = ()
    for place, request in enumerate(requests, 1):
        yield ""
        yield from lines.note(f"{f'request {place}: ' if len(requests) > 1 else ''}{request.about}", BOLD)
        parts = request.prompt.parts
        same = next((at for at, (one, two) in enumerate(zip(before, parts, strict=False)) if one != two), len(before))
        same = min(same, len(parts)) if before else 0
        if same:
            names = list(dict.fromkeys(part.origin for part in parts[:same]))
            yield from lines.note(f"(as in the request before: {', '.join(names)})", DIM)
        for part in parts[same:]:
            yield from _part(part.origin, part.text, lines)
        if request.answer is not None:
            yield from _part(ANSWER, request.answer, lines)
        before = parts


def _part(origin: str, text: str, lines: Lines) -> Iterator[str]:
    """Line by line as it was sent; a terminal breaks them itself."""
    style = STYLES.get(origin, "")
    yield ""
    yield lines.rule(origin)
    for line in text.split("\n"):
        yield lines.in_style(showable(line, lines.encoding), style)
