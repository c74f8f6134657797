"""What stood in the way, in words."""

from __future__ import annotations

import traceback

import click

from troupe_cli.root import stranger_of
from troupe_cli.sessions import session_of
from troupe_core import ConfigError, PluginError, TroupeError


def tell(error: Exception, context: click.Context) -> bool:
    """Say on stderr what is wrong; False if that is a mistake of our own, about which there is nothing to say."""
    session, stranger = session_of(context), stranger_of(context)
    if stranger is None and not isinstance(error, TroupeError):
        return False
    seen = session.runtime().blame(error, stranger[1]) if stranger is not None else error
    if session.traceback:
        traceback.print_exception(seen)
    meant_to_be_read = isinstance(error, TroupeError) and not isinstance(error, PluginError)
    if stranger is not None and not meant_to_be_read:
        name, origin = stranger
        words = str(seen) if isinstance(seen, TroupeError) else f"{type(seen).__name__}: {seen}"
        _say(
            f"the command {name!r} of the plugin {origin} failed: {words}",
            f"To do without it: troupe -p no:{origin.plugin} …, or troupe --no-plugins …; "
            "troupe --traceback … shows where it failed.",
        )
    else:
        plugins = "To do without plugins: troupe -p no:NAME …, or troupe --no-plugins …"
        hints = [plugins] if isinstance(error, PluginError) and not isinstance(error, ConfigError) else []
        _say(str(seen), *getattr(seen, "__notes__", ()), *hints)
    return True


def _say(*lines: str) -> None:
    click.echo("\n".join(["troupe: " + lines[0], *lines[1:]]), err=True)
