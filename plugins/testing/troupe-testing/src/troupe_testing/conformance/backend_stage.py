"""Where a backend is tried: runtimes that have it, and its provider on this machine."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import nullcontext
from typing import Any, ClassVar, cast

import attrs
import pytest

from troupe_core import (
    BackendSpec,
    Call,
    LLMRequest,
    LLMResponse,
    LLMWrapper,
    Parameters,
    PluginError,
    Runtime,
    SecretRef,
    Stream,
    TroupeError,
    hookimpl,
)
from troupe_core.records import Record
from troupe_testing.conformance.asking import Asking, questions, said
from troupe_testing.conformance.played import SECRET, provided
from troupe_testing.conformance.plugin import PluginConformance
from troupe_testing.conformance.stage import Stage, own_settings
from troupe_testing.scripted import Script, quiet
from troupe_testing.server import ProtocolServer


class Shuffling:
    """A plugin: calls arrive at the backend in an order that follows from the seed, and no time passes."""

    name = "shuffling"

    def __init__(self, seed: int) -> None:
        self.seed = seed

    @hookimpl(wrapper=True)
    def troupe_llm_handler(self, model: Any) -> Generator[None, Any, Any]:
        inner = yield
        return _Shuffled(inner, self.seed)


class _Shuffled(LLMWrapper):
    def __init__(self, inner: Any, seed: int) -> None:
        super().__init__(inner)
        self.seed = seed

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        for _ in range(Stream(self.seed, request.key.hex(), "order", 0).below(50)):
            await asyncio.sleep(0)
        return await self.inner.complete(request, call)


@attrs.define(eq=False)
class BackendStage(Stage):
    """Its runtimes have the backend that is tried; `server` is its provider, if it has one."""

    model: str = ""
    patience: float = 0.0
    server: ProtocolServer | None = None

    def attempt(
        self,
        script: Script = quiet,
        *,
        seed: int | None = None,
        plugins: tuple[Any, ...] = (),
        **options: Any,
    ) -> Runtime:
        """With a `seed` calls come in another order. A clock on which nobody waits would be too quick for a wire."""
        more = () if seed is None else (Shuffling(seed),)
        return super().attempt(script, plugins=(*plugins, *more), **options)

    def places_of_secrets(self) -> frozenset[str]:
        """The variables of the environment that its settings name as the places of secrets."""
        try:
            with self.attempt() as runtime:
                return frozenset(place for made in own_settings(runtime).values() for place in _places(made))
        except TroupeError:  # which is told by the check that is about it
            return frozenset()


def _places(settings: Any) -> Iterator[str]:
    """Of those that can be set, also in tables within a table."""
    if isinstance(settings, SecretRef):
        if settings.place.startswith("env:"):
            yield settings.place.removeprefix("env:")
    elif attrs.has(type(settings)):
        for field in attrs.fields(type(settings)):
            yield from _places(getattr(settings, field.name) if field.init else None)
    elif isinstance(settings, Mapping):
        for value in settings.values():
            yield from _places(value)


@attrs.define
class Known:
    """What is found out about a backend once, for all checks of a class."""

    name: str = ""
    secrets: frozenset[str] | None = None


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
class BackendTrial(PluginConformance):
    """What there is to say of a backend that is tried. What it leaves open is counted by one check; Python warns of it
    in whichever runs when it is collected.
    """

    kind: ClassVar[type[Record] | None] = BackendSpec
    provider: ClassVar[Callable[..., ProtocolServer] | None] = None
    """`ProtocolServer`, if it speaks OpenAI's protocol, or a subclass of `ProviderDouble`. None: it has no provider;
    what needs a wire is skipped.
    """
    model: ClassVar[str] = "conformance-model"
    """What is asked, if it takes only some names."""
    sent_as: ClassVar[str] = ""
    """What of that name the provider is sent, if it is not all of it."""
    parameters: ClassVar[Parameters] = Parameters(
        temperature=0.25, top_p=0.75, max_tokens=321, stop=("THE END",), extra={"conformance": "as it is"}
    )
    """Those that the provider takes, each of a value that can be told from everything else that is sent."""
    at_once: ClassVar[int] = 128
    """So many calls have to be in flight together: more than the pools of most clients take, unless they are told."""
    patience: ClassVar[float] = 10.0
    """Seconds after which something does not happen any more. What is right never waits for it."""

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def swept(cls) -> Iterator[None]:
        """What is left open is collected before other tests begin, for which the warnings may be errors."""
        yield
        gc.collect()

    def settings_for(self, server: ProtocolServer) -> Mapping[str, Any]:
        """The settings with which it asks this server instead of its provider; `settings` are there besides."""
        raise PluginError(f"say how its settings point at a provider, as {type(self).__name__}.settings_for(server)")

    @pytest.fixture
    def server(self) -> Iterator[ProtocolServer | None]:
        provider = type(self).provider
        with nullcontext() if provider is None else provider(provided) as server:
            yield server

    @pytest.fixture
    def table(self, server: ProtocolServer | None) -> Mapping[str, Any]:
        return self.settings if server is None else {**self.settings, **self.settings_for(server)}

    @pytest.fixture(scope="class")
    @classmethod
    def known(cls) -> Known:
        return Known(cls.name)

    @pytest.fixture
    def stage(
        self,
        known: Known,
        make_runtime: Callable[..., Runtime],
        table: Mapping[str, Any],
        server: ProtocolServer | None,
        monkeypatch: pytest.MonkeyPatch,
    ) -> BackendStage:
        if self.plugin is None:
            raise PluginError(f"say which plugin it is, as {type(self).__name__}.plugin = …")
        made = BackendStage(
            self.plugin,
            table,
            make_runtime,
            self.kind,
            known.name,
            model=self.model,
            patience=self.patience,
            server=server,
        )
        if known.secrets is None and server is not None:
            known.secrets, known.name = made.places_of_secrets(), made.name
        for place in known.secrets or ():
            monkeypatch.setenv(place, SECRET)
        return made

    @pytest.fixture
    def asking(self, stage: BackendStage) -> Asking:
        """A runtime whose backend has answered once; nothing else can be looked at in one that does not."""
        made = Asking(stage)
        made.answer()
        if stage.server is not None:
            stage.server.reset()
        return made

    @pytest.fixture
    def wired(self, asking: Asking) -> Asking:
        """The same, if there is a provider."""
        if asking.stage.server is None:
            pytest.skip("it has no provider: it answers by itself")
        return asking

    @pytest.fixture
    def streaming(self, wired: Asking) -> Asking:
        """The same, if it streams."""
        if not wired.streams:
            pytest.skip("its answers come in one piece")
        return wired

    @pytest.fixture
    def keyed(self, wired: Asking, known: Known) -> Asking:
        """The same, if there is a key to send."""
        if not known.secrets:
            pytest.skip("it has no key in the environment")
        return wired

    def exercise(self, stage: Stage, runtime: Runtime) -> object:
        """A few questions that are asked at once."""
        asking = Asking(cast("BackendStage", stage), runtime)
        return [said(outcome) for outcome in asking.outcomes(questions(8))]
