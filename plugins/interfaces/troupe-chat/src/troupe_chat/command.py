"""`troupe chat`: who it is, and where it is kept."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

import troupe_cli
from troupe_chat.chatting import Chat
from troupe_core import ArgumentError, Runtime, Simulation, TinyPerson


@click.command()
@click.argument("who", type=click.Path())
@click.option("--model", metavar="BACKEND/MODEL", help="Ask this model; if nobody says, the settings do.")
@click.option("--as", "name", metavar="NAME", default="Visitor", show_default=True, help="Who you are to them.")
@click.option(
    "--into", metavar="FILE", type=click.Path(), help="Keep it in a journal; the next chat goes on from there."
)
@click.option("--thoughts", is_flag=True, help="Show what they think, too.")
def chat(who: str, *, model: str | None, name: str, into: str | None, thoughts: bool) -> int:
    """Talk to the person in the file WHO, such as Ada.agent.json.

    What you write reaches them, and what they do about it is shown. /help tells what else there is; /bye, Ctrl-D or an
    empty line ends it, and Ctrl-C takes back what is being answered. Lines that are piped in are said one after the
    other, empty ones left out.

    This asks models, which may cost money. Exits with 1 if something was not answered.
    """
    runtime = troupe_cli.session().runtime()
    person = _person(who, runtime, model, into)
    simulation = person.simulation
    with closing(simulation):
        try:
            failed = Chat(person, name, thoughts=thoughts).hold()
        finally:
            simulation.end()
    if into is not None:
        troupe_cli.on_stderr(f"troupe: kept in {into}; the same command goes on from there")
    return 1 if failed else 0


def _person(who: str, runtime: Runtime, model: str | None, into: str | None) -> TinyPerson:
    """As the file has them, or as they were left."""
    path = Path(who).expanduser()
    if path.suffix.lower() == ".toml":
        raise ArgumentError(f"{path} is a study; a chat takes the file of a person, such as Ada.agent.json")
    if not path.exists():
        raise ArgumentError(f"there is no file {path}; a chat takes the file of a person, such as Ada.agent.json")
    kept = Path(into).expanduser() if into is not None else None
    with closing(Simulation(runtime=runtime)) as aside:  # before a file is made
        wanted = TinyPerson.load_specification(path, simulation=aside).name
    if kept is None or not kept.exists():
        return TinyPerson.load_specification(path, simulation=Simulation(kept, runtime=runtime, model=model))
    simulation = Simulation.resume(kept, runtime=runtime, model=model)
    people = {thing.name: thing for thing in simulation if isinstance(thing, TinyPerson)}
    if wanted not in people:
        simulation.close()
        raise ArgumentError(
            f"{into} is a chat with {', '.join(people) or 'nobody'}, and {wanted} is in {who}; name another file "
            "to keep this one in"
        )
    return people[wanted]
