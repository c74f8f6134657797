"""TinyPerson: the handle by which a simulated person is made, spoken to, and asked."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from os import PathLike
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar
from unicodedata import normalize

import attrs

from troupe_core.errors import ArgumentError
from troupe_core.people.abilities import abilities_of
from troupe_core.people.faculty import TinyMentalFaculty
from troupe_core.people.files import fragment_in
from troupe_core.people.fragments import Part, whole_of
from troupe_core.people.given import faculty_named, several, tool_named
from troupe_core.people.perceiving import checked_text, checked_words, name_of, perceive, stimulus
from troupe_core.people.persona import Persona
from troupe_core.people.state import NO_SLICES, PersonState
from troupe_core.people.ties import NOBODY
from troupe_core.people.tool import TinyTool
from troupe_core.simulation.simulation import same_simulation, simulation_of
from troupe_core.simulation.things import Handle

if TYPE_CHECKING:
    from troupe_core.events import Fact
    from troupe_core.people.memory import Memory, Recalled
    from troupe_core.people.mind import Mind
    from troupe_core.people.prompt import Prompt
    from troupe_core.simulation.simulation import Simulation

T = TypeVar("T")

CONVERSATION = "conversation"
KNOWN = "somebody you know"


class TinyPerson(Handle, state=PersonState, kind="person"):
    """A simulated person. `persona` is any JSON-like mapping (or a sentence); everything in it reaches the model.

    `mental_faculties` are names of installed faculties, or faculties; `tools` likewise, with an effect outside of the
    simulation; `memory` is a kind of memory with its settings; `model` overrides the simulation's. Without `simulation`
    the person joins the current one.
    """

    __slots__ = ()

    def __init__(
        self,
        name: str,
        persona: Mapping[str, Any] | str | None = None,
        *,
        mental_faculties: Iterable[str | TinyMentalFaculty | type[TinyMentalFaculty]] = (),
        tools: Iterable[str | TinyTool | type[TinyTool]] = (),
        memory: Memory[Any] | str | None = None,
        model: str | None = None,
        simulation: Simulation | None = None,
    ) -> None:
        joined = simulation_of(simulation)
        name = checked_name(name)
        if isinstance(persona, str):
            persona = {"description": checked_text(persona, "persona")}
        elif persona is not None and not isinstance(persona, Mapping):
            raise ArgumentError(f"a persona is a mapping or a sentence, not {type(persona).__name__}")
        described = {"name": name, **{key: value for key, value in (persona or {}).items() if key != "name"}}
        given = several(mental_faculties, "mental_faculties")
        named = {faculty_named(joined, each) for each in given} - {CONVERSATION}
        tooled = {tool_named(joined, each) for each in several(tools, "tools")}
        faculties = (CONVERSATION, *sorted(named), *sorted(tooled))
        abilities_of(joined.runtime, faculties)  # two that clash are found here, not in the middle of a run
        kept = {each: joined.runtime.faculty(each).start() for each in faculties}
        slices = {each: value for each, value in kept.items() if value is not None}
        kind = joined.memory_kind(memory)
        if model is not None:
            joined.models.named("turn", model)
        state = PersonState(
            name,
            name,
            joined.interned(Persona.of(described)),
            kind,
            kind.start(),
            faculties=faculties,
            slices=MappingProxyType(slices) if slices else NO_SLICES,
            model=model,
        )
        joined.settle_in(self, state)

    def __repr__(self) -> str:
        return f"<TinyPerson {self._id}>"

    # -- who the person is --------------------------------------------------------------------------------------------

    @property
    def state(self) -> PersonState:
        """The person as a value, as it is now."""
        found: PersonState = self.simulation.state(self._id)
        return found

    @property
    def name(self) -> str:
        return self.state.name

    @property
    def persona(self) -> Mapping[str, Any]:
        """Everything that describes the person, read-only; `define` changes it."""
        return self.state.persona.view()

    @property
    def mind(self) -> Mind:
        """Goals, attention, emotions and notes, as the last turn left them."""
        return self.state.mind

    @property
    def place(self) -> str:
        return self.state.place

    def get(self, path: str) -> Any:
        """What the persona says at a dotted path, such as "occupation.title"; None if nothing."""
        if not isinstance(path, str):
            raise ArgumentError(f"path must be text, not {type(path).__name__} {path!r}")
        return self.state.persona.get(path)

    def __getitem__(self, path: str) -> Any:
        return self.get(path)

    def define(self, key: str, value: Any) -> TinyPerson:
        """Set a top-level part of the persona. The name is the person's own: see `name`."""
        if not isinstance(key, str) or not key:
            raise ArgumentError(f"key must be text, not {key!r}")
        if key == "name":
            raise ArgumentError("the name is fixed when a person is made")
        simulation = self.simulation

        def change(state: PersonState) -> PersonState:
            persona = Persona.of({**state.persona.data(), key: value})
            return state.changed(persona=simulation.interned(persona))

        return self._change(change)

    def include_persona_definitions(self, additional_definitions: Mapping[str, Any]) -> TinyPerson:
        """Add to the persona: what is missing is added, tables and lists are joined. Anything that is said already in
        another way is an error, which names every place.
        """
        return self._join(additional_definitions, "what is to be added")

    def import_fragment(self, fragment: str | PathLike[str]) -> TinyPerson:
        """The same with what stands in a file: `{"type": "Fragment", "persona": {…}}`."""
        return self._join(fragment_in(fragment), str(fragment))

    def __add__(self, other: Mapping[str, Any] | str | PathLike[str]) -> TinyPerson:
        """`ada + "fragments/picky.fragment.json"`, `ada + {"likes": ["rain"]}`: this person, with more to it."""
        if isinstance(other, Mapping):
            return self.include_persona_definitions(other)
        return self.import_fragment(other) if isinstance(other, str | PathLike) else NotImplemented

    def _join(self, more: Mapping[str, Any], source: str) -> TinyPerson:
        simulation = self.simulation
        added = Part(source, Persona.of(more).data())

        def change(state: PersonState) -> PersonState:
            whole = whole_of([Part(f"what {state.name} is", state.persona.data()), added])
            return state.changed(persona=simulation.interned(Persona.of(whole)))

        return self._change(change)

    # -- what reaches the person --------------------------------------------------------------------------------------

    def listen(self, speech: str, source: Any = None) -> TinyPerson:
        """Somebody says something to the person."""
        return self._perceive("CONVERSATION", speech, source, "speech")

    def see(self, visual_description: str, source: Any = None) -> TinyPerson:
        """The person sees something."""
        return self._perceive("VISUAL", visual_description, source, "visual_description")

    def socialize(self, social_description: str, source: Any = None) -> TinyPerson:
        """Something about the person's relations to others, or a social situation."""
        return self._perceive("SOCIAL", social_description, source, "social_description")

    def think(self, thought: str) -> TinyPerson:
        """A thought comes up in the person."""
        return self._perceive("THOUGHT", thought, None, "thought")

    def internalize_goal(self, goal: str) -> TinyPerson:
        """An aim takes shape in the person."""
        return self._perceive("INTERNAL_GOAL_FORMULATION", goal, None, "goal")

    def _perceive(self, kind: str, content: str, source: Any, argument: str) -> TinyPerson:
        text, origin = checked_text(content, argument), name_of(source)
        simulation = self.simulation
        perceive(simulation, self._id, kind, text, origin, simulation.now(self._id))
        return self

    # -- where and how the person is ----------------------------------------------------------------------------------

    def move_to(self, location: str, context: Sequence[str] | None = None) -> TinyPerson:
        """Be somewhere else; with `context`, in another situation too."""
        place = checked_text(location, "location")
        notes = _notes(context) if context is not None else None
        return self._change(lambda state: state.changed(place=place, context=state.context if notes is None else notes))

    def change_context(self, context: Sequence[str]) -> TinyPerson:
        """What is to be known of the situation; it replaces what was said of it before."""
        notes = _notes(context)
        return self._change(lambda state: state.changed(context=notes))

    def change_mind(
        self, *, goals: str | None = None, attention: str | None = None, emotions: str | None = None
    ) -> TinyPerson:
        """Set parts of the state of mind, as an experimenter may."""
        given = {"goals": goals, "attention": attention, "emotions": emotions}
        changed: dict[str, Any] = {
            name: checked_words(value, name) for name, value in given.items() if value is not None
        }
        return self._change(lambda state: state.changed(mind=attrs.evolve(state.mind, **changed)))

    # -- who is near --------------------------------------------------------------------------------------------------

    @property
    def accessible_agents(self) -> list[TinyPerson]:
        """Whom the person can speak to."""
        simulation = self.simulation
        return [simulation[id] for id in self.state.ties.near(self._id) if id in simulation]

    def make_agent_accessible(self, agent: TinyPerson, relation_description: str = KNOWN) -> TinyPerson:
        """From now on this person can speak to the other one (and not yet the other way round)."""
        same_simulation([self, checked_person(agent)])
        checked_words(relation_description, "relation_description")
        if agent.id == self._id:
            raise ArgumentError(f"{self.name} need not be made accessible to {self.name}")
        id, name = agent.id, agent.name
        return self._change(lambda state: state.changed(ties=state.ties.meet(id, name, relation_description)))

    def make_agents_accessible(self, agents: Iterable[TinyPerson], relation_description: str = KNOWN) -> TinyPerson:
        """The same for several."""
        for agent in checked_people(agents):
            self.make_agent_accessible(agent, relation_description)
        return self

    def make_agent_inaccessible(self, agent: TinyPerson) -> TinyPerson:
        """This person can no longer speak to the other one."""
        id = checked_person(agent).id
        return self._change(lambda state: state.changed(ties=state.ties.leave(id, state.id)))

    def make_all_agents_inaccessible(self) -> TinyPerson:
        """This person is alone."""
        return self._change(lambda state: state.changed(ties=NOBODY))

    # -- what the person does -----------------------------------------------------------------------------------------

    def act(self) -> tuple[Fact, ...]:
        """One turn: what the person does about everything that has reached it since the last one."""
        return self._wait(self.aact, "person.aact()")

    async def aact(self) -> tuple[Fact, ...]:
        """`act`, awaited."""
        return await self._act(None)

    def listen_and_act(self, speech: str, source: Any = None) -> tuple[Fact, ...]:
        """Hear something, and do something about it."""
        return self._wait(lambda: self.alisten_and_act(speech, source), "person.alisten_and_act(…)")

    async def alisten_and_act(self, speech: str, source: Any = None) -> tuple[Fact, ...]:
        """`listen_and_act`, awaited."""
        return await self._act(self._hearing("CONVERSATION", speech, source, "speech"))

    def see_and_act(self, visual_description: str, source: Any = None) -> tuple[Fact, ...]:
        """See something, and do something about it."""
        return self._wait(lambda: self.asee_and_act(visual_description, source), "person.asee_and_act(…)")

    async def asee_and_act(self, visual_description: str, source: Any = None) -> tuple[Fact, ...]:
        """`see_and_act`, awaited."""
        return await self._act(self._hearing("VISUAL", visual_description, source, "visual_description"))

    def think_and_act(self, thought: str) -> tuple[Fact, ...]:
        """Have a thought, and do something about it."""
        return self._wait(lambda: self.athink_and_act(thought), "person.athink_and_act(…)")

    async def athink_and_act(self, thought: str) -> tuple[Fact, ...]:
        """`think_and_act`, awaited."""
        return await self._act(self._hearing("THOUGHT", thought, None, "thought"))

    def _hearing(
        self, kind: str, content: str, source: Any, argument: str
    ) -> Callable[[PersonState], tuple[PersonState, Fact]]:
        text, origin, now = checked_text(content, argument), name_of(source), self.simulation.now(self._id)

        def change(state: PersonState) -> tuple[PersonState, Fact]:
            fact = stimulus(state, kind, text, origin, now)
            return state.hear(fact), fact

        return change

    async def _act(self, hear: Callable[[PersonState], tuple[PersonState, Fact]] | None) -> tuple[Fact, ...]:
        from troupe_core.people.acting import act

        simulation = self.simulation
        simulation.check_open()
        return await simulation.runtime.thread.hop(act(simulation, self._id, hear))

    # -- what the person remembers, and reads -------------------------------------------------------------------------

    def memories(self) -> Sequence[Fact]:
        """Everything that the person's memory keeps, oldest first."""
        state = self.state
        return state.memory_kind.items(state.memory)

    def retrieve_relevant_memories(self, query: str, top_k: int = 20) -> Sequence[Recalled]:
        """What the query brings to the person's mind, the strongest first."""
        return self._wait(
            lambda: self.aretrieve_relevant_memories(query, top_k), "person.aretrieve_relevant_memories(…)"
        )

    async def aretrieve_relevant_memories(self, query: str, top_k: int = 20) -> Sequence[Recalled]:
        """`retrieve_relevant_memories`, awaited."""
        state = self.state
        text = checked_text(query, "query")
        if type(top_k) is not int or top_k < 1:
            raise ArgumentError(f"top_k must be a whole number from 1 on, not {top_k!r}")
        recalled = state.memory_kind.recall(state.memory, text, top_k)
        return await self.simulation.runtime.thread.hop(recalled)

    def prompt(self) -> Prompt:
        """The request that `act` would make now, its parts named by where they come from. Nothing changes by it."""
        return self._wait(self.aprompt, "person.aprompt()")

    async def aprompt(self) -> Prompt:
        """`prompt`, awaited."""
        from troupe_core.people.preview import preview

        simulation = self.simulation
        return await simulation.runtime.thread.hop(preview(simulation, self.state))

    # -- inside -------------------------------------------------------------------------------------------------------

    def _change(self, change: Callable[[PersonState], PersonState]) -> TinyPerson:
        self.simulation.apply(self._id, change)
        return self

    def _wait(self, make: Callable[[], Coroutine[Any, Any, T]], twin: str) -> T:
        return self.simulation.runtime.wait(make, twin)


def checked_name(name: Any) -> str:
    """A name in any script, on one line, without what would make a line of a prompt ambiguous."""
    if not isinstance(name, str):
        raise ArgumentError(f"a name must be text, not {type(name).__name__}")
    checked = normalize("NFC", " ".join(checked_text(name, "the name").split()))
    if len(checked) > 200:
        raise ArgumentError(f"a name of {len(checked)} characters is too long (200)")
    return checked


def checked_person(agent: Any) -> TinyPerson:
    """A person, and not its name."""
    if not isinstance(agent, TinyPerson):
        raise ArgumentError(f"agent must be a TinyPerson, not {agent!r}")
    return agent


def checked_people(agents: Any) -> list[TinyPerson]:
    """Several."""
    people = list(agents) if isinstance(agents, Iterable) else [agents]
    for person in people:
        if not isinstance(person, TinyPerson):
            raise ArgumentError(f"agents must be TinyPersons; got {person!r}")
    return people


def _notes(context: Sequence[str]) -> tuple[str, ...]:
    if isinstance(context, str) or not isinstance(context, Iterable):
        raise ArgumentError("context is a list of notes; write [context]")
    return tuple(checked_text(note, f"context[{place}]") for place, note in enumerate(context))
