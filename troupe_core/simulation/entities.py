"""Simulated things of other kinds than people and worlds: a frozen value as state, methods that change it.

    @frozen
    class Stock:
        apples: int = 10

    class TinyStall(TinyThing, state=Stock):
        @transactional
        async def haggle(self, offer: float) -> str:
            answer = await self.llm("haggling").ask(f"Somebody offers {offer} for an apple. Your answer?")
            self.state = evolve(self.state, apples=self.state.apples - 1)
            return answer

`TinyStall("Stall").haggle(0.5)` waits for the answer, `await stall.haggle.awaited(0.5)` does not block. If it fails,
nothing has changed; in a simulation with a journal it is found again as long as state, arguments and code are the same.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, ParamSpec, TypeVar, overload

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from troupe_core.converters import frozen_class
from troupe_core.errors import ArgumentError, CrossThingError, JournalError, OutputError, SimulationError
from troupe_core.events import EVENT, NO_DATA, Fact
from troupe_core.keys import canonical, digest, digest_of, utf8
from troupe_core.simulation.entity_values import Results, spelled_argument
from troupe_core.simulation.models import Fingerprint
from troupe_core.simulation.packing import packs
from troupe_core.simulation.simulation import simulation_of
from troupe_core.simulation.stumbling import persistently, settle
from troupe_core.simulation.things import Handle, scene_of, working
from troupe_core.simulation.transaction import Leaf, Outcome, Transaction

if TYPE_CHECKING:
    from troupe_core.simulation.rng import Stream
    from troupe_core.simulation.scene import Asking, Scene
    from troupe_core.simulation.simulation import Simulation

P = ParamSpec("P")
R = TypeVar("R")


class ThingState(Struct, frozen=True, eq=False, weakref=True):
    """Of any thing: what its class calls its state, and how many transactions it has had."""

    id: str
    handle: type[TinyThing]
    value: Any
    turns: int = 0
    memo: bytes = b""

    model: ClassVar[str | None] = None

    def changed(self, **changes: Any) -> ThingState:
        return replace(self, memo=b"", **changes)

    @property
    def name(self) -> str:
        return self.id

    @property
    def digest(self) -> bytes:
        """The name of this value by its content."""
        if not self.memo:
            value = digest_of(self.value, f"the state of {self.id}")
            made = digest(b"thing", utf8(self.handle.__qualname__), utf8(self.id), value, b"%d" % self.turns)
            force_setattr(self, "memo", made)
        return self.memo


packs("thing", ThingState)


class TinyThing(Handle):
    """Base of such things. `state` is the class of the value, a frozen attrs class whose fields have precise types."""

    __slots__ = ()

    value_class: ClassVar[type[Any]]
    state_version: ClassVar[int] = 1
    """To be raised when the fields of the state change; `migrate` then reads what was written before."""
    known: ClassVar[dict[str, list[type[TinyThing]]]] = {}
    """Every such class, by name: a journal holds names, and no code."""

    def __init_subclass__(cls, *, state: type[Any] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if state is not None:
            cls.value_class = frozen_class(state, cls.__qualname__)
        namesakes = TinyThing.known.setdefault(cls.__qualname__, [])
        namesakes[:] = [other for other in namesakes if other.__module__ != cls.__module__] + [cls]

    def __init__(self, id: str, state: Any = None, *, simulation: Simulation | None = None) -> None:
        if not isinstance(id, str) or not id.strip():
            raise ArgumentError(f"a thing is called by a text, not {id!r}")
        wanted = getattr(type(self), "value_class", None)
        if wanted is None:
            raise ArgumentError(f"{type(self).__qualname__} says of no class that it is its state: write state=… in it")
        try:
            value = wanted() if state is None else state
        except TypeError as error:
            raise ArgumentError(f"{id!r} needs a state, as {type(self).__name__}({id!r}, …): {error}") from None
        if not isinstance(value, wanted):
            raise ArgumentError(f"the state of {id!r} is a {wanted.__qualname__}, not {value!r}")
        simulation_of(simulation).settle_in(self, ThingState(id, type(self), value))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._id}>"

    @classmethod
    def migrate(cls, data: Any, version: int) -> Any:
        """The state as an earlier version wrote it into a journal, as this version writes it. Plain data in and out."""
        raise JournalError(f"{cls.__qualname__} cannot read its state of version {version}: it has no migrate()")

    @property
    def state(self) -> Any:
        """The value as it is now; within a transaction, the value in the making, which can be assigned."""
        return self.simulation.state(self._id).value

    @state.setter
    def state(self, value: Any) -> None:
        scene = self._scene("state")
        if not isinstance(value, type(self).value_class):
            raise ArgumentError(f"the state of {self._id!r} is a {type(self).value_class.__qualname__}, not {value!r}")
        journal = self.simulation.journal
        if journal is not None:  # what could not be kept is refused here, where it can be named
            from troupe_core.simulation.journal.values import proven

            proven(journal.shelf, value, type(self).value_class, f"the state of {self._id}")
        scene.state = scene.state.changed(value=value)

    def llm(self, purpose: str) -> Asking:
        """A model, asked on behalf of this thing."""
        from troupe_core.simulation.scene import Asking

        return Asking(self._scene("llm"), purpose)

    def rng(self, purpose: str = "") -> Stream:
        """Random numbers of this transaction; the same in every run with the same seed."""
        return self._scene("rng").stream(purpose)

    def emit(self, type: str, content: str = "", data: Mapping[str, Any] = NO_DATA) -> Fact:
        """Put something on record."""
        return self._scene("emit").fact(EVENT, type, content, data=data, source=self._id)

    def _scene(self, what: str) -> Scene:
        scene: Any = scene_of(self.simulation)
        if scene is None or scene.thing != self._id:
            raise SimulationError(f"{what} of {self._id!r} is for its methods that are marked @transactional")
        found: Scene = scene
        return found


class Bound(Generic[P, R]):
    """A transactional method of one thing."""

    __slots__ = ("_method", "_thing")

    def __init__(self, method: Transactional[P, R], thing: TinyThing) -> None:
        self._method = method
        self._thing = thing

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do it, and wait for the result."""
        scene = scene_of(self._thing.simulation)
        if scene is not None:
            joined: R = self._method.join(scene, self._thing, args, kwargs)
            return joined
        if not self._method.keyed and not self._method.waits:
            done: R = self._method.at_once(self._thing, args, kwargs)
            return done
        name = f"{self._method.function.__name__}.awaited(…)"
        return self._thing.simulation.runtime.wait(lambda: self.awaited(*args, **kwargs), name)

    async def awaited(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """The same, awaited."""
        simulation = self._thing.simulation
        scene = scene_of(simulation)
        if scene is not None:
            found: Any = self._method.join(scene, self._thing, args, kwargs)
            joined: R = await found if inspect.isawaitable(found) else found
            return joined
        result: R = await simulation.runtime.thread.hop(self._method.run(self._thing, args, kwargs))
        return result


class Transactional(Generic[P, R]):
    """A method whose effect on its thing is all or nothing; with a key, it is found in a journal."""

    def __init__(self, function: Callable[..., Any], *, keyed: bool, version: int | None) -> None:
        self.function = function
        self.keyed = keyed
        self.waits = inspect.iscoroutinefunction(function)
        self.version = version
        self.__doc__ = function.__doc__
        self.__wrapped__ = function

    @overload
    def __get__(self, thing: None, owner: type) -> Transactional[P, R]: ...
    @overload
    def __get__(self, thing: TinyThing, owner: type) -> Bound[P, R]: ...
    def __get__(self, thing: TinyThing | None, owner: type) -> Transactional[P, R] | Bound[P, R]:
        return self if thing is None else Bound(self, thing)

    @cached_property
    def leaf(self) -> Leaf:
        return Leaf(self.function.__qualname__, self.results)

    @cached_property
    def results(self) -> Results:
        return Results(self.function)

    @cached_property
    def makers(self) -> Fingerprint:
        """The code itself: its source, or the version that stands for it."""
        name = self.function.__qualname__
        if self.version is not None:
            code = f"version {self.version}"
        else:
            if set(self.function.__code__.co_freevars) - {"__class__"}:
                around = ", ".join(self.function.__code__.co_freevars)
                raise ArgumentError(
                    f"{name} uses {around} from around it, which its source does not tell: make them arguments, or "
                    "state a version, as in @transactional(version=1)"
                )
            try:
                code = inspect.getsource(self.function)
            except (OSError, TypeError):
                raise ArgumentError(
                    f"the source of {name} cannot be read, so that nobody could tell when it changes: state a version, "
                    "as in @transactional(version=1)"
                ) from None
        text = digest(b"text", utf8(code))
        return Fingerprint(
            digest(b"method", utf8(name), text), {"method": name, "texts": {"code": text.hex()}}, {text: code}
        )

    def arguments(self, thing: TinyThing, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """By name, as they enter the key."""
        try:
            given = inspect.signature(self.function).bind(thing, *args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.function.__qualname__}: {error}") from None
        given.apply_defaults()
        named = list(given.arguments.items())[1:]
        return {name: spelled_argument(value, f"{self.function.__name__}(… {name})") for name, value in named}

    def join(self, scene: Any, thing: TinyThing, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Within a transaction: of the same thing, a part of it."""
        if scene.thing != thing.id:
            raise CrossThingError(
                f"{scene.thing!r} is in the middle of something, and may not change {thing.id!r}: a transaction "
                "changes one thing; call them one after the other, from outside"
            )
        return self.function(thing, *args, **kwargs)

    def at_once(self, thing: TinyThing, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Without a key and without waiting: cheaper to do than to look up."""
        simulation = thing.simulation
        with simulation.at_once():
            simulation.check_free((thing.id,))
            scene = _scene(simulation, simulation.states[thing.id])
            result = _within(scene, lambda: self.function(thing, *args, **kwargs))
            simulation.apply(thing.id, lambda _: scene.state.changed(turns=scene.state.turns + 1))
            simulation.record_within(scene.facts)
        return result

    async def run(self, thing: TinyThing, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        simulation, id = thing.simulation, thing.id
        self.arguments(thing, args, kwargs)  # what cannot be an argument is told before anybody waits
        passage = simulation.facts.begin()
        async with simulation.holds((id,)):
            simulation.check_open()
            arguments = self.arguments(thing, args, kwargs)  # things among them count as what they are by now
            state = simulation.states[id]

            async def execute(tx: Transaction) -> Outcome:
                return await self.perform_on(simulation, tx, thing, args, kwargs)

            fingerprint = simulation.models.fingerprint(self.leaf.kind, self.makers)
            spelled = canonical(arguments, "arguments")

            async def made() -> Outcome:
                if not self.keyed:
                    return await self.perform_on(simulation, None, thing, args, kwargs)
                attempt = simulation.stumbles.get(id, 0)
                return await simulation.transact(
                    self.leaf, state, arguments, spelled, fingerprint, execute, attempt=attempt
                )

            try:
                async with simulation.slots:
                    outcome = await persistently(simulation, state, made)
            except OutputError:
                simulation.commit((id,), None)  # the next attempt asks for other answers, in another session too
                raise
            simulation.states[id] = outcome.state
            settle(simulation, id)
            passage.take(outcome)
            simulation.commit((id,), passage)
            await simulation.lasting(id)
        return outcome.output

    async def perform_on(
        self,
        simulation: Simulation,
        tx: Transaction | None,
        thing: TinyThing,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Outcome:
        from troupe_core.simulation.scene import Scene, When

        scene = _scene(simulation, simulation.states[thing.id]) if tx is None else Scene.of(simulation, tx, When())
        token = working.set(scene)
        try:
            result = self.function(thing, *args, **kwargs)
            if inspect.isawaitable(result):
                result = await result
        finally:
            working.reset(token)
            scene.over = True
        after = scene.state.changed(turns=scene.state.turns + 1)
        settled = self.results.read(self.results.plain(result), after, ()) if tx is not None else result
        return Outcome(after, settled, tuple(scene.facts))


def _scene(simulation: Simulation, state: Any) -> Scene:
    from troupe_core.simulation.scene import Scene, When

    origin = digest(b"at once", state.digest)
    return Scene(simulation, state, origin, When(), simulation.stumbles.get(state.id, 0))


def _within(scene: Scene, do: Callable[[], Any]) -> Any:
    token = working.set(scene)
    try:
        return do()
    finally:
        working.reset(token)
        scene.over = True


@overload
def transactional(function: Callable[..., Coroutine[Any, Any, R]], /) -> Transactional[..., R]: ...
@overload
def transactional(function: Callable[..., R], /) -> Transactional[..., R]: ...
@overload
def transactional(
    *, memo: bool = True, version: int | None = None
) -> Callable[[Callable[..., Any]], Transactional[..., Any]]: ...
def transactional(function: Any = None, /, *, memo: bool = True, version: int | None = None) -> Any:
    """Mark a method of a `TinyThing`. With `memo` (usual) it has a key and is found in a journal; without, it is
    cheaper to do again. `version` stands for the code where its source cannot be read, or should not count.
    """

    def mark(marked: Callable[..., Any]) -> Transactional[..., Any]:
        return Transactional(marked, keyed=memo, version=version)

    return mark if function is None else mark(function)
