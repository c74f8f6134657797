"""`troupe plugin info`."""

from __future__ import annotations

import click

from troupe_cli import printing
from troupe_cli.describing import Described, described
from troupe_cli.failing import show_tracebacks
from troupe_cli.lazy import meant
from troupe_cli.names import PluginName
from troupe_cli.program import DONE, FOUND
from troupe_cli.sessions import session
from troupe_cli.survey import find, survey


@click.command()
@click.argument("name", type=PluginName())
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def info(name: str, as_json: bool) -> int:
    """Everything about one plugin: where it is from, what it brings and how that is named, what can be set.

    Exits with 1 if it has failed.
    """
    runtime = session().runtime(quietly=True)
    known = survey(runtime)
    found = find(known, name)
    if found is None:
        names = sorted({each.name for each in known})
        raise click.UsageError(f"there is no plugin {name!r}{meant(name, names)}")
    show_tracebacks(session(), [found])
    about = described(runtime, found)
    if as_json:
        printing.document(about.plain())
    else:
        _print(about)
    return FOUND if found.status == "failed" else DONE


def _print(about: Described) -> None:
    plugin = about.plugin
    lines = {
        "status": plugin.status,
        "because": plugin.why,
        "to do": about.advice,
        "from": plugin.source,
        "summary": about.summary,
        "home page": about.home_page,
        "module": plugin.origin.module,
        "file": about.file,
        "written for": "hooks " + ".".join(map(str, about.api)) if about.api else "",
        "hooks": ", ".join(plugin.hooks),
    }
    click.echo(plugin.name)
    for word, text in lines.items():
        if text:
            click.echo(f"  {word + ':':<12} {text}")
    for each in about.brings:
        click.echo(f"\n{each.kind} {each.name}: {each.about or 'undescribed'}")
        click.echo(f"  {'made by:':<12} {each.factory}\n  {'use it:':<12} {each.usage}")
    if about.settings:
        click.echo("")
        printing.table(
            ("setting", "value", "said in", "type", "by default"),
            [
                (each.name, printing.said(each.value), each.place, each.type, printing.said(each.default))
                for each in about.settings
            ],
        )
    for problem in about.problems:
        click.echo(f"\n{problem}")
