"""`troupe completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from troupe_cli.program import COMPLETE
from troupe_cli.root import NAME


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what lets a shell complete commands, and names of plugins, hooks and kinds.

    \b
    To install it:
      bash  eval "$(troupe completion bash)"      at the end of ~/.bashrc
      zsh   eval "$(troupe completion zsh)"       at the end of ~/.zshrc
      fish  troupe completion fish > ~/.config/fish/completions/troupe.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"this version of click knows no {shell}; install click 8.1 or later")
    click.echo(found(ctx.find_root().command, {}, NAME, COMPLETE).source())
