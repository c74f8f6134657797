"""`troupe plugin list`."""

from __future__ import annotations

from collections.abc import Callable

import click

from troupe_cli import printing
from troupe_cli.failing import show_tracebacks
from troupe_cli.names import WRAPPER, HookName, KindName
from troupe_cli.program import DONE, FOUND
from troupe_cli.sessions import session
from troupe_cli.survey import Surveyed, survey
from troupe_core.plugins import hooks

COLUMNS: dict[str, Callable[[Surveyed], str]] = {
    "name": lambda each: each.name,
    "status": lambda each: each.status,
    "from": lambda each: each.source or "-",
    "brings": lambda each: ", ".join(map(str, each.registers)) or "-",
    "hooks": lambda each: ", ".join(each.hooks) or "-",
    "why": lambda each: each.reason,
}


@click.command("list")
@click.option("--hook", type=HookName(), help="Only those that implement this hook.")
@click.option("--kind", type=KindName(), help="Only those that bring something of this kind: faculty, backend, …")
@click.option("--hooks", "with_hooks", is_flag=True, help="Say which hooks each implements.")
@click.option("--all", "every", is_flag=True, help="Those of the core too, and the hooks of each.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_plugins(hook: str | None, kind: str | None, with_hooks: bool, every: bool, as_json: bool) -> int:
    """The plugins: what became of each, where it is from, what it brings.

    Exits with 1 if any has failed.
    """
    known = survey(session().runtime(quietly=True))
    show_tracebacks(session(), known)
    found = [
        each
        for each in known
        if (every or not each.built_in)
        and (hook is None or hook in each.hooks)
        and (kind is None or _is_of(kind, each))
    ]
    if as_json:
        printing.document({"plugins": [each.plain() for each in found]})
    else:
        columns = {name: text for name, text in COLUMNS.items() if name != "hooks" or with_hooks or every}
        printing.table(list(columns), [[text(each) for text in columns.values()] for each in found], whole=2)
    return FOUND if any(each.status == "failed" for each in known) else DONE


def _is_of(kind: str, plugin: Surveyed) -> bool:
    if kind == WRAPPER:
        composing = hooks()
        return any(composing[hook] for hook in plugin.hooks)
    return any(kind == brought.kind for brought in plugin.registers)
