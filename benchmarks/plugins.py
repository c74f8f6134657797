"""What plugins cost: forty that are installed when a runtime is made, and wrappers at each call.

Each of the forty is a distribution of one module, in a folder that is on the path, and implements four hooks: two
registrations, a wrapper, an observer. Whatever is installed beside them takes part too.
"""

import asyncio
import statistics
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from time import process_time
from typing import Any

from benchmarks.rows import Row, fresh, middle

INSTALLED = 40
REPEATS = 9
CALLS = 20_000

MODULE = """
    from troupe_core import BackendSpec, FacultySpec, hookimpl

    @hookimpl
    def troupe_register_faculties():
        yield FacultySpec("faculty-{n}", "plugin_{n}:Faculty")

    @hookimpl
    def troupe_register_llm_backends():
        yield BackendSpec("backend-{n}", "plugin_{n}:Backend")

    @hookimpl(wrapper=True)
    def troupe_llm_handler(model):
        return (yield)

    @hookimpl
    def troupe_event(event):
        pass
"""


def install(folder: Path) -> None:
    """Forty distributions, as an installer leaves them behind."""
    for n in range(INSTALLED):
        (folder / f"plugin_{n}.py").write_text(dedent(MODULE).format(n=n))
        info = folder / f"acme_{n}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{n}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[troupe]\nplugin-{n} = plugin_{n}\n")
    sys.path.insert(0, str(folder))


def import_dependencies() -> None:
    """Of the core, and of finding what is installed."""
    for name in ("attrs", "cattrs.gen", "importlib.metadata", "msgspec", "orjson", "pluggy"):
        import_module(name)


# In processes of their own: modules are imported once


def making() -> dict[str, float]:
    """Milliseconds of CPU for the first runtime, and for another one."""
    with TemporaryDirectory() as folder:
        install(Path(folder))
        import_dependencies()
        took = []
        for _ in range(2):
            start = process_time()
            from troupe_core import Runtime

            runtime = Runtime(config={})
            took.append((process_time() - start) * 1e3)
            assert len([name for name in runtime.plugins.origins if name.startswith("plugin-")]) == INSTALLED
            assert not runtime.failures
    return {"first": took[0], "second": took[1]}


def bare() -> float:
    """The same of pluggy, with its own loader and nothing else."""
    with TemporaryDirectory() as folder:
        install(Path(folder))
        import_dependencies()
        start = process_time()
        import pluggy

        from troupe_core.hookspecs import TroupeSpecs

        manager = pluggy.PluginManager("troupe")
        manager.add_hookspecs(TroupeSpecs)
        manager.load_setuptools_entrypoints("troupe")
        return (process_time() - start) * 1e3


def calls(most: int) -> list[float]:
    """Microseconds of CPU for a call of a composed handler, with 0, 1 … wrappers in it; the best of many."""
    from troupe_core import LLMBackend, LLMRequest, LLMResponse, LLMWrapper, Message, Runtime, hookimpl
    from troupe_core.llm.request import Call, Form

    answer = LLMResponse("Good morning.")

    class Instant(LLMBackend):
        free = True

        async def complete(self, request: Any, call: Any) -> LLMResponse:
            return answer

    class Passing(LLMWrapper):
        async def complete(self, request: Any, call: Any) -> LLMResponse:
            return await self.inner.complete(request, call)

    def plugin(n: int) -> object:
        class Wrapping:
            name = f"wrapping-{n}"

            @hookimpl(wrapper=True)
            def troupe_llm_handler(self) -> Any:
                return Passing((yield))

        return Wrapping()

    async def time(handler: Any) -> float:
        request, call = LLMRequest(Form("instant/x"), (Message("user", "Hello"),)), Call("nobody", "nothing")
        start = process_time()
        for _ in range(CALLS):
            await handler.complete(request, call)
        return (process_time() - start) / CALLS * 1e6

    runtimes = [Runtime([Instant, *map(plugin, range(n))], autoload=False, config={}) for n in range(most + 1)]
    handlers = [runtime.llm_handler("instant/x") for runtime in runtimes]

    async def all_of_them() -> list[list[float]]:
        return [[await time(handler) for handler in handlers] for _ in range(25)]  # by turns: noise hits all alike

    rounds = asyncio.run(all_of_them())
    return [min(each) for each in zip(*rounds, strict=True)]


def plugins() -> Iterator[Row]:
    fresh("plugins:making")  # compiles
    found = [fresh("plugins:making") for _ in range(REPEATS)]
    floors = [fresh("plugins:bare") for _ in range(REPEATS)]
    first = [each["first"] for each in found]
    again = statistics.median(each["second"] for each in found)
    yield Row(
        f"making a runtime with {INSTALLED} installed plugins, 4 hooks each",
        "≤ 120 ms CPU beyond the import of its dependencies",
        f"{middle(first, '.0f')} ms; a second one {again:.0f} ms",
        f"{statistics.median(floors):.0f} ms (pluggy's own loader, which stops at the first broken one)",
        statistics.median(first) <= 120,
    )


def wrappers() -> Iterator[Row]:
    none, one, _, three = fresh("plugins:calls", most=3)
    each = (three - none) / 3
    yield Row(
        "a wrapper around a model's handler, each call",
        "≤ 0.15 µs",
        f"{each:.3f} µs (with 0, 1, 3: {none:.2f}, {one:.2f}, {three:.2f} µs)",
        f"{none:.2f} µs (no wrapper: provider and meter)",
        each <= 0.15,
    )
