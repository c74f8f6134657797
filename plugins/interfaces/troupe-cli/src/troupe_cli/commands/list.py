"""`troupe plugin list`."""

from __future__ import annotations

import click

from troupe_cli import printing
from troupe_cli.names import HookName, KindName
from troupe_cli.program import DONE, FOUND
from troupe_cli.sessions import session
from troupe_cli.survey import survey


@click.command("list")
@click.option("--hook", type=HookName(), help="Only those that implement this hook.")
@click.option("--kind", type=KindName(), help="Only those that bring something of this kind: faculty, llm-backend, …")
@click.option("--all", "every", is_flag=True, help="Those of the core too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_plugins(hook: str | None, kind: str | None, every: bool, as_json: bool) -> int:
    """The plugins: what became of each, where it is from, what it brings.

    Exits with 1 if any has failed.
    """
    known = survey(session().runtime(quietly=True))
    found = [
        each
        for each in known
        if (every or not each.built_in)
        and (hook is None or hook in each.hooks)
        and (kind is None or any(kind == brought.kind for brought in each.registers))
    ]
    if as_json:
        printing.document({"plugins": [each.plain() for each in found]})
    else:
        printing.table(
            ("name", "status", "from", "brings", "hooks", "why"),
            [
                (
                    each.name,
                    each.status,
                    each.source or "-",
                    ", ".join(map(str, each.registers)) or "-",
                    ", ".join(each.hooks) or "-",
                    each.reason,
                )
                for each in found
            ],
        )
    return FOUND if any(each.status == "failed" for each in known) else DONE
