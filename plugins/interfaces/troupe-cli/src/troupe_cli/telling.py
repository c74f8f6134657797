"""What stood in the way, in words."""

from __future__ import annotations

import traceback

import click

from troupe_cli.root import stranger_of
from troupe_cli.sessions import session_of
from troupe_core import ConfigError, PluginError, TroupeError


def tell(error: Exception, context: click.Context | None, with_traceback: bool) -> bool:
    """Say on stderr what is wrong; False if that is a mistake of our own, about which there is nothing to say."""
    stranger = stranger_of(context) if context is not None else None
    if context is None or not (isinstance(error, TroupeError) or stranger):
        return _told_plainly(error, with_traceback)
    if stranger is None:
        return _told_plainly(error, with_traceback)
    session, (name, origin) = session_of(context), stranger
    seen = session.runtime().blame(error, origin)
    if with_traceback:
        traceback.print_exception(seen)
    if isinstance(error, TroupeError) and not isinstance(error, PluginError):  # it was meant to be read
        _say(seen)
    else:
        words = str(seen) if isinstance(seen, TroupeError) else f"{type(seen).__name__}: {seen}"
        click.echo(
            f"troupe: the command {name!r} of the plugin {origin} failed: {words}\n"
            f"To do without it: troupe -p no:{origin.plugin} …, or troupe --no-plugins …; "
            "troupe --traceback … shows where it failed.",
            err=True,
        )
    return True


def _told_plainly(error: Exception, with_traceback: bool) -> bool:
    if not isinstance(error, TroupeError):
        return False
    if with_traceback:
        traceback.print_exception(error)
    _say(error)
    if isinstance(error, PluginError) and not isinstance(error, ConfigError):
        click.echo("To do without plugins: troupe -p no:NAME …, or troupe --no-plugins …", err=True)
    return True


def _say(error: BaseException) -> None:
    click.echo("\n".join([f"troupe: {error}", *getattr(error, "__notes__", ())]), err=True)
