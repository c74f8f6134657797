"""From arguments to an exit code. Whatever goes wrong on the way is told in words, on stderr."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from troupe_cli import interrupting, streams

if TYPE_CHECKING:
    import click

COMPLETE = "_TROUPE_COMPLETE"
"""The variable in which a shell says what it wants to have completed."""

DONE, FOUND, MISUSED, PREVENTED, INTERRUPTED = 0, 1, 2, 3, 130
PATIENT = 50_000, 20, 100
"""When the garbage collector looks about it. A command makes much that stays to its end, from modules to transcripts:
walking all of it again and again is a quarter of what it costs to show a large study.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Without arguments it is the program, and nothing comes after it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    usual = gc.get_threshold()
    gc.set_threshold(*PATIENT)
    try:
        streams.prepare()
        code = _completed() if COMPLETE in os.environ else _run(given)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has had enough
        streams.forget_stdout()
        return DONE
    except KeyboardInterrupt:  # at any time: while libraries are still being imported, too
        streams.tell("interrupted")
        return INTERRUPTED
    except OSError as error:
        streams.tell(streams.in_words(error))
        return PREVENTED
    finally:
        gc.set_threshold(*usual)
        if arguments is None:
            interrupting.at_once()
    return code


def _completed() -> int:
    from click.shell_completion import shell_complete

    from troupe_cli.root import NAME, root

    return shell_complete(root, {}, NAME, COMPLETE, os.environ[COMPLETE])


def _run(arguments: list[str]) -> int:
    import click

    from troupe_cli.root import NAME, OPTIONS, root

    try:
        with root.make_context(NAME, arguments or ["--help"]) as context:
            return _invoked(root, context)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
            click.echo(error.format_message())
            return DONE
        _show(error)
        if isinstance(error, click.NoSuchOption) and error.option_name in OPTIONS:
            click.echo(f"It stands before the command: {NAME} {error.option_name} …", err=True)
        return MISUSED
    except click.ClickException as error:
        _show(error)
        return PREVENTED
    except (EOFError, click.Abort):
        raise KeyboardInterrupt from None
    except SystemExit as left:  # a command that reads its arguments by argparse leaves so
        return _left(left)


def _invoked(root: click.Group, context: click.Context) -> int:
    """What stands in the way is told while the runtime is still there: it knows which words are secrets."""
    import click

    try:
        returned: object = root.invoke(context)
    except (click.exceptions.Exit, click.ClickException, click.Abort, EOFError, BrokenPipeError):
        raise
    except Exception as error:
        from troupe_cli.telling import tell

        if not tell(error, context):
            raise
        return PREVENTED
    return returned if isinstance(returned, int) else DONE


def _show(error: click.ClickException) -> None:
    from troupe_cli.saying import show

    show(error)


def _left(left: SystemExit) -> int:
    if left.code is None or isinstance(left.code, int):
        return left.code or DONE
    import click

    click.echo(left.code, err=True)
    return FOUND
