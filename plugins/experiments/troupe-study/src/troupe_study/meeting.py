"""Where the people of a study meet, and what reaches whom of them."""

from __future__ import annotations

from collections.abc import Mapping

from troupe_core import ConfigError, People, Simulation, TinyPerson, TinyWorld
from troupe_core.llm import Image
from troupe_study.mistakes import picture_at
from troupe_study.study import Question, Stimulus, Study, several
from troupe_study.words import listed

SPEAKERS = {"focus_group": "Moderator", "interview": "Interviewer"}
"""Who says what nobody else is said to say."""


def world_of(study: Study, people: People, simulation: Simulation) -> TinyWorld:
    """Where they meet."""
    world = study.world
    asks = world.interviewer
    if asks is not None and asks not in people.names:
        place = study.place(("world", "interviewer"))
        raise ConfigError(f"{place}: world.interviewer: nobody is called {asks!r}; there are {listed(people.names)}")
    return TinyWorld(
        world.name,
        people,
        kind=study.kind,
        interviewer=people[asks] if asks is not None else None,
        initial_datetime=world.initial_datetime,
        schedule=world.schedule,
        simulation=simulation,
    )


def respondents(study: Study, people: People) -> People:
    """Who is asked, and of whom something is to be found out: everybody but an interviewer."""
    return People([person for person in people if person.name != study.world.interviewer])


def asked_by(question: Question, study: Study, people: People, groups: Mapping[str, str]) -> People:
    """Whom a question is put to."""
    return People([person for person in respondents(study, people) if _reaches(question.to, person, groups)])


def present(world: TinyWorld, stimulus: Stimulus, study: Study, groups: Mapping[str, str]) -> None:
    """Have it reach everybody whom it is for."""
    source = stimulus.source or (SPEAKERS.get(study.kind) if stimulus.say is not None else None)
    images = [Image.of(picture_at(name, study.folder)) for name in several(stimulus.images)]
    if stimulus.to is None and stimulus.see is None:
        if stimulus.say is not None:
            world.broadcast(stimulus.say, source=source)
        else:
            world.broadcast_thought(stimulus.think or "")
        return
    for person in world.agents:
        if not _reaches(stimulus.to, person, groups):
            continue
        if stimulus.say is not None:
            person.listen(stimulus.say, source=source)
        elif stimulus.see is not None:
            person.see(stimulus.see, source=source, images=images)
        else:
            person.think(stimulus.think or "")


def _reaches(to: str | None, person: TinyPerson, groups: Mapping[str, str]) -> bool:
    """Whether the person is in the group that something is meant for; without a group, it is meant for everybody."""
    return to is None or groups.get(person.name) == to
