"""`troupe plugin new`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from troupe_cli import printing
from troupe_cli.names import Known
from troupe_cli.program import DONE
from troupe_cli.scaffolding import BY_NAME, scaffold
from troupe_core import ArgumentError

BY_HAND = {"command": "command.md"} | dict.fromkeys(("prompts", "templates", "set-of-templates"), "templates.md")
"""What is too small to be begun by a command, and the page of the cookbook that shows it."""


class Begun(Known):
    """What can be begun; of what is written by hand it says where that is shown."""

    name = "kind"

    def known(self) -> Iterable[str]:
        return BY_NAME

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value in BY_HAND:
            self.fail(f"{value} is written by hand: docs/cookbook/{BY_HAND[value]} shows the whole of it", param, ctx)
        return super().convert("backend" if value == "llm-backend" else value, param, ctx)


@click.command(epilog="\b\n" + "\n".join(f"{kind.name:<10} {kind.summary}" for kind in BY_NAME.values()))
@click.argument("kind", type=Begun())
@click.argument("name")
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), default=".", help="The folder it is put into."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def new(kind: str, name: str, into: Path, as_json: bool) -> int:
    """Begin a plugin: a distribution with code that works, tests that pass, and what publishing it takes.

    NAME has lower-case letters, digits and hyphens; it comes into a new folder. Nothing that is there is written over.
    """
    try:
        files = scaffold(BY_NAME[kind], name, into)
    except ArgumentError as error:
        raise click.UsageError(str(error)) from None
    top = files[0].parent
    if as_json:
        printing.document({"folder": str(top), "files": [str(file) for file in files]})
        return DONE
    click.echo(f"{top}/")
    for file in files:
        click.echo(f"  {file.relative_to(top)}")
    click.echo(f'\nNext:\n  cd {top}\n  pip install -e ".[test]"\n  pytest')
    return DONE
