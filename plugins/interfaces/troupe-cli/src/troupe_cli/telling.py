"""What stood in the way, in words."""

from __future__ import annotations

import errno
import sys
import traceback

import click

from troupe_cli.root import stranger_of
from troupe_cli.saying import say
from troupe_cli.sessions import session_of
from troupe_core import ConfigError, PluginError, TroupeError


def tell(error: Exception, context: click.Context) -> bool:
    """Say on stderr what is wrong; False if nothing is to be said here: of a mistake of our
    own there is nothing to say, and what the system would not do is told where the program ends.
    """
    session, stranger = session_of(context), stranger_of(context)
    if stranger is None and not isinstance(error, TroupeError | OSError):
        return False
    meant_to_be_read = isinstance(error, TroupeError) and not isinstance(error, PluginError)
    at_fault = stranger[1] if stranger is not None and not meant_to_be_read else None
    seen = session.runtime().blame(error, at_fault) if stranger is not None else error
    if session.traceback:
        traceback.print_exception(seen)
    if isinstance(error, OSError) and (stranger is None or _nothing_can_be_printed(error)):
        return False
    if stranger is not None and not meant_to_be_read:
        name, origin = stranger
        words = str(seen) if isinstance(seen, TroupeError) else f"{type(seen).__name__}: {seen}"
        say(
            f"the command {name!r} of the plugin {origin} failed: {words}",
            f"To do without it: troupe -p no:{origin.plugin} …, or troupe --no-plugins …; "
            "troupe --traceback … shows where it failed.",
        )
    else:
        plugins = "To do without plugins: troupe -p no:NAME …, or troupe --no-plugins …"
        hints = [plugins] if isinstance(error, PluginError) and not isinstance(error, ConfigError) else []
        say(str(seen), *getattr(seen, "__notes__", ()), *hints)
    return True


def _nothing_can_be_printed(error: OSError) -> bool:
    """Whether it is stdout that has no room: an error of a file has the same number, and its name only sometimes."""
    if error.filename is not None or error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return False
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
    except OSError:
        return True
    return False
