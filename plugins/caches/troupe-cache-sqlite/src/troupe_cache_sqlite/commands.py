"""`troupe cache …`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import attrs
import click

import troupe_cli
from troupe_cache_sqlite import upkeep
from troupe_cache_sqlite.errors import CacheError
from troupe_cache_sqlite.plugin import Plugin
from troupe_cache_sqlite.upkeep import Only, Wrong
from troupe_core import ArgumentError

DONE, FOUND = 0, 1
SHOWN = 20
"""So many lines that were not taken in are named one by one."""

Command = Callable[..., Any]


class OfAFile(click.Group):
    """A file that cannot be used is no fault of the command."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except CacheError as error:
            raise ArgumentError(str(error)) from None


@click.group(cls=OfAFile, no_args_is_help=True)
def cache() -> None:
    """What the cache of answers holds, whether it is sound, and how to carry it elsewhere.

    FILE is the cache; if it is left out, the one that the settings name.
    """


_file = click.argument("file", required=False, type=click.Path(path_type=Path))
_namespace = click.option("--namespace", metavar="NAME", help='Only what is in this namespace; "": what is in none.')
_model = click.option("--model", metavar="MODEL", help="Only what this model has answered: openai/gpt-5-mini.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@cache.command()
@_file
@_namespace
@_model
@_as_json
def stats(file: Path | None, namespace: str | None, model: str | None, as_json: bool) -> int:
    """What it holds, by namespace, model and kind."""
    held = upkeep.held(_meant(file), Only(namespace, model))
    if as_json:
        _document(attrs.asdict(held) | {"entries": held.entries})
        return DONE
    rows = [
        (share.namespace or "-", share.model, share.kind, f"{share.entries:,}", _size(share.bytes), _day(share.newest))
        for share in held.shares
    ]
    click.echo(f"{held.path}: {_counted(held.entries, 'entry')}, {_size(held.bytes)} (version {held.version})")
    if rows:
        _table(("namespace", "model", "kind", "entries", "size", "newest"), rows)
    return DONE


@cache.command()
@_file
@_namespace
@_model
@click.option("--yes", is_flag=True, help="Do not ask whether that is meant.")
@_as_json
def clear(file: Path | None, namespace: str | None, model: str | None, yes: bool, as_json: bool) -> int:
    """Remove what it holds, or a part of it. It is asked for again, and paid for again, when it is wanted.

    Exits with 1 if nothing was removed since that was not meant.
    """
    path, only = _meant(file), Only(namespace, model)
    there = upkeep.held(path, only).entries
    if as_json and not yes:
        raise click.UsageError("with --json nobody is asked whether that is meant: say --yes")
    if not yes and not _is_meant(f"Remove {_counted(there, 'entry')} from {path}?"):
        click.echo("Nothing was removed. (Where nobody can answer, say --yes.)")
        return FOUND
    removed = upkeep.clear(path, only)
    if as_json:
        _document({"path": str(path), "removed": removed})
    else:
        click.echo(f"{path}: {_counted(removed, 'entry')} removed")
    return DONE


@cache.command()
@_file
@_as_json
def verify(file: Path | None, as_json: bool) -> int:
    """Read every entry, and name those that are not what was written.

    Nothing is changed: an entry that is damaged counts as missing, and goes when it is looked up. Exits with 1 if
    anything is wrong.
    """
    path = _meant(file)
    wrong = list(upkeep.verify(path))
    if as_json:
        _document({"path": str(path), "wrong": [attrs.asdict(each) for each in wrong]})
    else:
        for each in wrong:
            click.echo(_told(each))
        click.echo(f"{path}: {_counted(len(wrong), 'thing')} wrong" if wrong else f"{path}: everything is as written")
    return FOUND if wrong else DONE


@cache.command()
@_file
@_namespace
@_model
@click.option("--into", metavar="OUT", type=click.Path(path_type=Path), help="Write to this new file, not to stdout.")
def export(file: Path | None, namespace: str | None, model: str | None, into: Path | None) -> int:
    """Write every entry as a line of JSON: answers to read, to keep, or to `troupe cache import` elsewhere.

    Exits with 1 if some were left out because they are damaged; they are named on stderr.
    """
    path = _meant(file)
    written = wrong = 0
    with _into(into) as out:
        for each in upkeep.export(path, Only(namespace, model)):
            if isinstance(each, Wrong):
                wrong += 1
                click.echo(f"left out: {_told(each)}", err=True)
            else:
                written += 1
                out.write(each)
    click.echo(f"{path}: {_counted(written, 'entry')} exported", err=True)
    return FOUND if wrong else DONE


@cache.command("import")
@click.argument("lines", type=click.Path(path_type=Path, allow_dash=True))
@_file
@_as_json
def take_in(lines: Path, file: Path | None, as_json: bool) -> int:
    """Add the entries in LINES, as `troupe cache export` wrote them; "-" is stdin.

    What is there already stays as it is. Exits with 1 if a line could not be used; the others are added.
    """
    path = _meant(file)
    with _from(lines) as stream:
        done = upkeep.take_in(path, stream)
    if as_json:
        _document({"path": str(path)} | attrs.asdict(done))
    else:
        for line in done.refused[:SHOWN]:
            click.echo(f"line {line.number} was not added: {_shown(line.why)}", err=True)
        if len(done.refused) > SHOWN:
            click.echo(f"… and {_counted(len(done.refused) - SHOWN, 'line')} more", err=True)
        click.echo(f"{path}: {_counted(done.new, 'entry')} added, {done.there:,} there already")
    return FOUND if done.refused else DONE


def _is_meant(question: str) -> bool:
    try:
        return click.confirm(question, err=True)
    except click.Abort:  # there is nobody, or no longer
        click.echo(err=True)
        return False


def _meant(file: Path | None) -> Path:
    if file is not None:
        return file.expanduser().absolute()
    for plugin in troupe_cli.session().runtime(quietly=True).plugins.get_plugins():
        if isinstance(plugin, Plugin):
            return plugin.config.path.expanduser().absolute()
    raise ArgumentError("the plugin cache-sqlite takes no part, and no file is named: name one")


@contextmanager
def _into(into: Path | None) -> Iterator[BinaryIO]:
    if into is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = into.expanduser()
    try:
        with path.open("xb") as out:
            yield out
    except FileExistsError:
        raise ArgumentError(f"{path} is there already, and was left as it is; name another file") from None
    except OSError as error:
        raise ArgumentError(f"{path} cannot be written: {error.strerror or error}") from None


def _from(lines: Path) -> Any:
    if str(lines) == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return lines.expanduser().open("rb")
    except OSError as error:
        raise ArgumentError(f"{lines} cannot be read: {error.strerror or error}") from None


# -- words ------------------------------------------------------------------------------------------------------------


def _document(content: Mapping[str, Any]) -> None:
    click.echo(json.dumps(content, indent=2))


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [[each.upper() for each in headers], *([_shown(each) for each in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _told(wrong: Wrong) -> str:
    return _shown(f"{wrong.key} ({wrong.model}): {wrong.why}" if wrong.key else f"the file itself: {wrong.why}")


def _shown(text: str) -> str:
    """What is in a file gives no orders to a terminal."""
    return text if text.isprintable() else repr(text)


def _counted(number: int, what: str) -> str:
    several = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number:,} {what if number == 1 else several}"


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e5 else f"{size / 1e3:,.1f} kB"


def _day(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
    except (ValueError, OverflowError, OSError):
        return str(seconds)
