"""The command `troupe` itself: its options, our commands, and those of other plugins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from troupe_cli.interrupting import later
from troupe_cli.lazy import LazyGroup
from troupe_cli.ours import OURS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from troupe_cli.strangers import Strangers
    from troupe_core.plugins import Origin

NAME = "troupe"
STRANGER = "troupe_cli.stranger"
STRANGERS = "troupe_cli.strangers"
OPTIONS = ("--config", "-p", "--plugin", "--no-plugins", "--traceback", "--version")

ABOUT = """Simulate people with language models: which plugins there are, what is set, what is wrong.

The options here stand before the command.
"""
CODES = """\b
Exit codes:
  0    done
  1    done, and something was found wrong
  2    wrong usage
  3    settings, a plugin, a model or the system stood in the way
  130  interrupted
"""


class Root(LazyGroup):
    """Our own commands are known here directly, although they are registered by a hook too: broken settings, or a
    broken plugin, must not take away the doctor. Others are looked up when a command is none of ours, for the list of
    commands, and for completion.
    """

    def described(self, ctx: click.Context) -> Iterator[tuple[str, str]]:
        yield from super().described(ctx)
        strangers = _strangers_if_any(ctx)
        if strangers is not None:
            yield from strangers.described()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        strangers = _strangers_if_any(ctx) if ctx.resilient_parsing else _strangers(ctx)
        origin = strangers.origin(cmd_name) if strangers is not None else None
        if strangers is None or origin is None:
            return None
        ctx.meta[STRANGER] = cmd_name, origin
        return strangers.command(cmd_name)

    def unknown(self, ctx: click.Context, name: str) -> str:
        problem = super().unknown(ctx, name)
        return problem if problem.endswith("?") else " ".join([f"{problem}.", *_strangers(ctx).advice(name)])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        remarks = ctx.meta.get(f"{STRANGERS}.why", [])
        strangers = ctx.meta.get(STRANGERS)
        for remark in [*remarks, *(strangers.clashes() if strangers is not None else [])]:
            formatter.write_paragraph()
            formatter.write_text(remark)


def _strangers(ctx: click.Context) -> Strangers:
    with later():
        from troupe_cli.sessions import session_of
        from troupe_cli.strangers import Strangers

    found: Strangers | None = ctx.meta.get(STRANGERS)
    if found is None:
        found = ctx.meta[STRANGERS] = Strangers(session_of(ctx).runtime(quietly=ctx.resilient_parsing))
    return found


def _strangers_if_any(ctx: click.Context) -> Strangers | None:
    """They are not what a list of commands, or a completion, may fail for."""
    from troupe_core import TroupeError

    try:
        return _strangers(ctx)
    except TroupeError as error:
        ctx.meta[f"{STRANGERS}.why"] = [f"Commands of other plugins could not be looked up: {error}"]
        return None


def stranger_of(ctx: click.Context) -> tuple[str, Origin] | None:
    """The name and the plugin of the command that runs, if it is none of ours."""
    found: tuple[str, Origin] | None = ctx.find_root().meta.get(STRANGER)
    return found


def _print_versions(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    import platform

    from troupe_cli import __version__
    from troupe_core import __version__ as core

    click.echo(f"troupe-cli {__version__}, troupe-core {core}, Python {platform.python_version()}")
    ctx.exit()


def _complete_place(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from troupe_cli.names import places

    return places(incomplete)


def _option(*names: str, **settings: Any) -> click.Option:
    """Eager, so that --help, which is too, knows those that stand before it."""
    return click.Option(list(names), is_eager=True, **settings)


root = Root(
    NAME,
    lazy=OURS,
    help=ABOUT,
    epilog=CODES,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    params=[
        _option("--config", metavar="FILE", type=click.Path(), help="Read this file of settings."),
        _option(
            "-p",
            "--plugin",
            "plugins",
            metavar="PLACE",
            multiple=True,
            shell_complete=_complete_place,
            help="Take in a file (./mood.py) or a module too; no:NAME leaves a plugin out. May be repeated.",
        ),
        _option("--no-plugins", is_flag=True, help="Take in no plugin but those of -p: none that is installed or set."),
        _option("--traceback", is_flag=True, help="Show where an error came from."),
        _option("--version", is_flag=True, expose_value=False, callback=_print_versions, help="Print the versions."),
    ],
)
