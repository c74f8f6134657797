"""`troupe plugin new`."""

from __future__ import annotations

from pathlib import Path

import click

from troupe_cli import printing
from troupe_cli.program import DONE
from troupe_cli.scaffolding import BY_NAME, scaffold


@click.command(epilog="\b\n" + "\n".join(f"{kind.name:<10} {kind.summary}" for kind in BY_NAME.values()))
@click.argument("kind", type=click.Choice(list(BY_NAME)))
@click.argument("name")
@click.option(
    "--into", type=click.Path(file_okay=False, path_type=Path), default=".", help="The folder it is put into."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def new(kind: str, name: str, into: Path, as_json: bool) -> int:
    """Begin a plugin: a distribution with code that works, tests that pass, and what publishing it takes.

    NAME has lower-case letters, digits and hyphens; it comes into a new folder. Nothing that is there is written over.
    """
    files = scaffold(BY_NAME[kind], name, into)
    top = files[0].parent
    if as_json:
        printing.document({"folder": str(top), "files": [str(file) for file in files]})
        return DONE
    click.echo(f"{top}/")
    for file in files:
        click.echo(f"  {file.relative_to(top)}")
    click.echo(f'\nNext:\n  cd {top}\n  pip install -e ".[test]"\n  pytest')
    return DONE
