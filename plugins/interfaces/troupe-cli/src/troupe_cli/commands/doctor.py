"""`troupe doctor`."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

import click

from troupe_cli import printing
from troupe_cli.examining.finding import Finding, problem
from troupe_cli.failing import show_tracebacks
from troupe_cli.program import DONE, FOUND
from troupe_cli.sessions import Session, session
from troupe_cli.survey import survey


@click.command()
@click.option("--ask", is_flag=True, help="Ask the model a short question too. It costs one call of each model named.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(ask: bool, as_json: bool) -> int:
    """What is wrong, and what to do about it.

    Looks at versions, settings, plugins, the models that are named and their secrets, and whether providers can be
    reached. No model is asked, and nothing is paid, unless by --ask. Exits with 1 if there is a problem.
    """
    findings = []
    for finding in examined(session(), ask=ask):
        findings.append(finding)
        if not as_json:
            _print(finding)
    problems, warnings = (sum(each.level == level for each in findings) for level in ("problem", "warning"))
    if as_json:
        printing.document({"findings": [each.plain() for each in findings], "problems": problems, "warnings": warnings})
    else:
        click.echo(f"\n{_counted(problems, 'problem')}, {_counted(warnings, 'warning')}")
    return FOUND if problems else DONE


def examined(session: Session, *, ask: bool) -> Iterator[Finding]:
    """The findings, each as soon as it is known."""
    from troupe_cli.examining import models, plugins, settings
    from troupe_core import ConfigError, TroupeError

    yield from settings.versions()
    sources = list(settings.sources(session))
    yield from sources
    if any(finding.level == "problem" for finding in sources):  # nothing else can be known
        return
    try:
        runtime = session.runtime(quietly=True)
    except ConfigError as error:
        yield from settings.mistakes(error)
        return
    except TroupeError as error:
        if session.traceback:
            traceback.print_exception(error)
        yield problem(
            "plugins and settings",
            str(error),
            "Put it right, or see whether it goes without it: troupe --no-plugins doctor, or troupe -p no:NAME doctor.",
        )
        return
    show_tracebacks(session, survey(runtime))
    yield from plugins.examined(runtime)
    yield from settings.remarked(session)
    yield from models.examined(runtime, ask=ask)


def _print(finding: Finding) -> None:
    colours = {"ok": "green", "warning": "yellow", "problem": "red"}
    level = click.style(f"{finding.level:<8}", fg=colours[finding.level])
    click.echo(f"{level} {finding.about}: {finding.text}")  # click takes the colours out where nobody looks on
    if finding.advice:
        click.echo(f"{'':8} → {finding.advice}")


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
