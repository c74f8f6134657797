"""`troupe plugin check`."""

from __future__ import annotations

import json
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from troupe_cli import printing
from troupe_cli.lazy import meant
from troupe_cli.names import PluginName
from troupe_cli.program import DONE, FOUND
from troupe_cli.sessions import session
from troupe_cli.survey import Surveyed, find, survey
from troupe_core import ConfigError, PluginError, TroupeError
from troupe_core.plugins import CORE, installed

if TYPE_CHECKING:
    from troupe_testing.checking import Checks

MARKS = {"passed": "ok", "failed": "failed", "broken": "failed", "skipped": "skipped", "left": "left"}


@click.command()
@click.argument("name", type=PluginName())
@click.option("--with-settings", is_flag=True, help="Hand over what is set for it, such as the paths of your files.")
@click.option("--all", "every", is_flag=True, help="Show what passed, and what had nothing to look at, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(name: str, with_settings: bool, every: bool, as_json: bool) -> int:
    """Check a plugin with the conformance kit: its name, as `troupe plugin list` has it, a file, or package.module.

    It is tried in an empty folder, with the settings that it has by default: a table of yours may name files of yours,
    and what is made up for a check would be written into them. --with-settings hands it over all the same.

    Exits with 1 if a check fails. Left to its own tests is what may cost something or has an effect: a backend that is
    not free is not asked, and a tool is not used. So is what fails a check that those tests can answer for, such as by
    `transparent = False`: it is told, and is no failure.
    """
    checks = _checked(name, with_settings)
    if as_json:
        printing.document(_plain(checks))
        return FOUND if checks.wrong else DONE
    rows = [each for each in checks.results if every or each.wrong]
    if rows:
        printing.table(
            ("of", "check", "outcome", "why"),
            [
                (each.subject, each.check.removeprefix("test_").replace("_", " "), MARKS[each.outcome], each.message)
                for each in rows
            ],
        )
        click.echo("")
    counted = [sum(each.outcome == outcome for each in checks.results) for outcome in ("passed", "skipped")]
    click.echo(f"{counted[0]} checks passed, {len(checks.wrong)} failed, {counted[1]} had nothing to look at.")
    for left in checks.left:
        click.echo(f"Left to its own tests: {left.rstrip('.')}.")
    return FOUND if checks.wrong else DONE


def _checked(name: str, with_settings: bool) -> Checks:
    try:
        import pytest  # noqa: F401 - the kit is made of its tests

        from troupe_testing.checking import check as run
    except ImportError as error:
        raise PluginError(
            f"checking a plugin takes troupe-testing and pytest ({error}): pip install troupe-testing pytest"
        ) from None
    if _is_file(name):
        path = Path(name).expanduser().absolute()
        _check_no_folder(path)
        if not path.is_file():
            raise click.UsageError(f"there is no file {path}")
        return run(_without_settings(name, with_settings, str(path)))
    known = _known(name)
    found = find(known, name)
    if found is not None:
        place = _place(found)
        if with_settings and found.status != "failed":
            return run(place, _said(found.name), {each.name: _said(each.name) for each in found.registers})
        return run(place)
    if not _is_module(name):
        _check_no_folder(Path(name))
        names = sorted(each.name for each in known if not each.built_in)
        raise click.UsageError(f"there is no plugin {name!r}, and no module of that name{meant(name, names)}")
    return run(_without_settings(name, with_settings, name))


def _check_no_folder(path: Path) -> None:
    """What was begun a moment ago is a folder, and has not been installed yet."""
    if path.name and path.is_dir():
        raise click.UsageError(
            f"{path} is a folder: pip install -e {path} installs what is in it; then check it by name"
        )


def _known(name: str) -> list[Surveyed]:
    """What takes part, or was left out. Where something else is so wrong that there is no runtime, the installed one
    of that name can be checked nevertheless.
    """
    try:
        return survey(session().runtime(quietly=True))
    except TroupeError as error:
        found = [Surveyed(each.origin, "failed", str(error)) for each in installed() if name in each.origin.names]
        if not found:
            raise
        return found


def _place(found: Surveyed) -> str:
    """Where the kit finds it."""
    origin = found.origin
    if found.built_in:
        raise click.UsageError(f"{found.name} is a part of {CORE}, whose own tests check it")
    if not origin.distribution:
        module = sys.modules.get(origin.module)
        return str(getattr(module, "__file__", None) or origin.file) if _is_file(origin.file) else origin.file
    for point in entry_points(group="troupe", name=origin.plugin):
        if point.dist is None or point.dist.name == origin.distribution:
            return point.value.partition("[")[0].strip()
    raise PluginError(f"plugin {origin} cannot be checked: {found.reason}")


def _said(name: str) -> dict[str, Any]:
    """What is set for a name, as a file could have it."""
    _as_json(name, session().layers().table(name))
    table: dict[str, Any] = {}
    for each in session().runtime(quietly=True).settings(name):
        if each.said:
            inner = table
            for step in each.path[2:-1]:
                inner = inner.setdefault(step, {})
            inner[each.path[-1]] = each.value
    return table


def _as_json(name: str, table: dict[str, Any]) -> None:
    try:
        json.dumps(table)
    except TypeError as error:
        raise ConfigError(f"settings.{name} cannot be handed over to a check: {error}") from None


def _without_settings(name: str, with_settings: bool, place: str) -> str:
    if with_settings:
        raise click.UsageError(
            f"settings are those of a plugin that takes part: troupe -p {name} plugin check --with-settings NAME"
        )
    return place


def _is_file(name: str) -> bool:
    return name.endswith(".py") or "/" in name or "\\" in name


def _is_module(name: str) -> bool:
    """Whether there is one, as far as can be seen without importing anything: that is for the check."""
    try:
        return find_spec(name.partition(":")[0].partition(".")[0]) is not None
    except Exception:  # no name of one, or whoever finds modules in ways of their own has failed
        return False


def _plain(checks: Checks) -> dict[str, Any]:
    return {"results": [attrs.asdict(each) for each in checks.results], "left": list(checks.left)}
