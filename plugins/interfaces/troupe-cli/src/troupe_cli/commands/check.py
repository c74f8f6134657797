"""`troupe plugin check`."""

from __future__ import annotations

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
from troupe_cli.survey import find, survey
from troupe_core import PluginError

if TYPE_CHECKING:
    from troupe_testing.checking import Checks

MARKS = {"passed": "ok", "failed": "failed", "broken": "failed", "skipped": "skipped"}


@click.command()
@click.argument("name", type=PluginName())
@click.option("--all", "every", is_flag=True, help="Show what passed, and what had nothing to look at, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check(name: str, every: bool, as_json: bool) -> int:
    """Check a plugin with the conformance kit: its name, as `troupe plugin list` has it, a file, or package.module.

    Exits with 1 if a check fails. A backend that may cost something is not asked, and a tool is not used: their own
    tests do that.
    """
    checks = _checked(name)
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
        click.echo(f"Left to its own tests: {left}.")
    return FOUND if checks.wrong else DONE


def _checked(name: str) -> Checks:
    try:
        import pytest  # noqa: F401 - the kit is made of its tests

        from troupe_testing.checking import check as run
    except ImportError as error:
        raise PluginError(
            f"checking a plugin takes troupe-testing and pytest ({error}): pip install troupe-testing pytest"
        ) from None
    if name.endswith(".py") or "/" in name or "\\" in name:
        path = Path(name).expanduser().absolute()
        if not path.is_file():
            raise click.UsageError(f"there is no file {path}")
        return run(str(path))
    points = {point.name: point.value for point in entry_points(group="troupe")}
    found = find(survey(session().runtime(quietly=True)), name)
    if found is not None and found.name in points:
        tables = session().layers().table
        return run(points[found.name], tables(found.name), {each.name: tables(each.name) for each in found.registers})
    if not _is_module(name):
        raise click.UsageError(f"there is no plugin {name!r}, and no module of that name{meant(name, sorted(points))}")
    return run(name)


def _is_module(name: str) -> bool:
    try:
        return find_spec(name.partition(":")[0]) is not None
    except (ImportError, ValueError):
        return False


def _plain(checks: Checks) -> dict[str, Any]:
    return {"results": [attrs.asdict(each) for each in checks.results], "left": list(checks.left)}
