"""Plugins that failed, sleep, clash, or do not go with what else is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from troupe_cli.describing import advice
from troupe_cli.examining.finding import Finding, ok, problem, warning
from troupe_cli.strangers import Strangers
from troupe_cli.survey import survey
from troupe_core import PluginError, TroupeError
from troupe_core.plugins import CORE, KINDS

if TYPE_CHECKING:
    from importlib.metadata import Distribution

    from packaging.requirements import Requirement

    from troupe_core import Runtime


def examined(runtime: Runtime) -> Iterator[Finding]:
    """All about them."""
    found = survey(runtime)
    active = [each.name for each in found if each.status == "active" and not each.built_in]
    yield ok("plugins", f"active: {', '.join(active) or 'none'}")
    for each in found:
        about = f"plugin {each.origin}"
        if each.status == "failed":
            yield problem(about, each.why, advice(each))
        elif each.status == "asleep":
            yield ok(about, "asleep", f"To wake it, {advice(each)}")
        elif each.status == "skipped":
            yield ok(about, f"left out: {each.reason}")
        elif each.status == "active":
            yield from _by_itself(runtime, each.name, about)
    yield from _clashes(runtime)
    for clash in Strangers(runtime).clashes():
        yield warning("commands", clash, "Ask its author to rename it.")
    for name in sorted({each.origin.distribution for each in found} - {"", CORE}):
        yield from _out_of_range(name)


def _by_itself(runtime: Runtime, name: str, about: str) -> Iterator[Finding]:
    """What a plugin says of what it needs: a file, a server."""
    examine = runtime.registry.manager.methods[name].get("examine")
    if examine is None:
        return
    try:
        said = examine()
    except TroupeError as error:
        yield problem(about, str(error))
    except Exception as error:
        yield problem(about, f"it could not be examined: {type(error).__name__}: {error}", "Tell its author.")
    else:
        if said:
            yield ok(about, str(said))


def _clashes(runtime: Runtime) -> Iterator[Finding]:
    """Two that bring the same thing: an error for whoever names it."""
    for kind in KINDS:
        records = runtime.registry.records(kind.record)
        for name in records.names():
            try:
                records.find(name)
            except PluginError as error:
                sides, _, what = str(error).partition(". ")
                yield warning(f"{kind.word} {name}", sides, what)


def _out_of_range(name: str) -> Iterator[Finding]:
    """What a distribution needs, and is not here, or in another version."""
    from importlib.metadata import PackageNotFoundError, distribution

    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = distribution(name)
    except PackageNotFoundError:
        return
    for text in found.requires or ():
        try:
            needed = Requirement(text)
        except InvalidRequirement:
            continue
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield from _unmet(found, needed)


def _unmet(found: Distribution, needed: Requirement) -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, version

    name = needed.name
    try:
        there = version(name)
    except PackageNotFoundError:
        there = ""
    if there and needed.specifier.contains(there, prereleases=True):
        return
    has = f"{name} {there} is installed" if there else f"{name} is not installed"
    yield problem(
        f"distribution {found.name}",
        f"{found.name} {found.version} needs {name}{needed.specifier}, and {has}",
        f'Install what it needs: pip install "{name}{needed.specifier}", or another version of {found.name}.',
    )
