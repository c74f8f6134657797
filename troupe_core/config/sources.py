"""Where settings come from: a file (`troupe.toml`, or `[tool.troupe]` of `pyproject.toml`), the environment, code.

What is nearer wins: code before environment before file. Each source can say where one of its settings stands.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import attrs

from troupe_core.config.degradation import Degradation
from troupe_core.config.lines import line_of
from troupe_core.config.reading import structured
from troupe_core.config.tree import Budget, Config, Loading
from troupe_core.converters import Written
from troupe_core.errors import ConfigError
from troupe_core.llm.purposes import ALMOST, PURPOSES
from troupe_core.llm.request import Parameters

FILE = "troupe.toml"
PROJECT = "pyproject.toml"
VARIABLE = "TROUPE_CONFIG"
PREFIX = "TROUPE_"
WITHIN = "__"
"""Between the parts of a path, in the name of a variable: TROUPE_BUDGET__CALLS."""


def _fields(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in attrs.fields(kind))


_WITHIN_TABLES = {
    "budget": _fields(Budget),
    "degradation": _fields(Degradation),
    "loading": _fields(Loading),
    "parameters": _fields(Parameters),
    "models": PURPOSES,
    "settings": (),
}
"""What can stand in tables of the tree; in that of the plugins, anything."""
_OPEN = ("extra", "prefer")
"""Of those, what holds names that are somebody else's."""
_BACKSLASH = r'a backslash in a text is written twice, "people\\ada.json", or / in its place'
_ONE_LINE = "a table in { } stands in one line; one of several lines has a heading, such as [findings.fields]"
_HINTS = {
    "Invalid value": 'text stands between straight quotation marks, as in "soup"',
    "Illegal character '\\n'": "a text has no quotation mark at its end",
    "Unterminated string": "a text has no quotation mark at its end",
    "Unescaped '\\'": _BACKSLASH,
    "Invalid hex value": _BACKSLASH,
    "Unclosed inline table": _ONE_LINE,
    "Invalid initial character for a key part": _ONE_LINE,
    "Cannot overwrite a value": "this key stands there already",
}
"""What is probably meant by what the reader of TOML says."""
_OF_CONTAINERS = re.compile(r"service_(host|port)(_.*)?|port(_.*)?")
"""What container systems set for a service called troupe-settings."""


class Source:
    """Settings from one place. `folder` is what relative paths in them are relative to."""

    found = False
    """Whether nobody has named it."""

    def __init__(self, data: Mapping[str, Any], name: str, folder: Path | None = None) -> None:
        self.data = data
        self.name = name
        self.folder = folder

    def place(self, path: Sequence[str]) -> str:
        """Where a setting stands."""
        return self.name


class FileSource(Source):
    """A TOML file."""

    def __init__(self, path: Path, text: str, data: Mapping[str, Any], within: tuple[str, ...] = ()) -> None:
        super().__init__(data, str(path), path.parent)
        self._text = text
        self._within = within

    def place(self, path: Sequence[str]) -> str:
        for length in range(len(path), 0, -1):
            line = line_of(self._text, (*self._within, *path[:length]))
            if line is not None:
                return f"{self.name}:{line}"
        return self.name


class Environment(Source):
    """`TROUPE_…` variables. An empty one is as if it were not there. In names of plugins `_` may stand for `-`."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__({}, "the environment")
        self._names: dict[tuple[str, ...], str] = {}
        self.unread: list[str] = []
        """Variables that begin like ours and are no settings, except what container systems set."""
        for name, value in sorted(variables.items()):
            path = _path_of(name) if value else ()
            if path:
                self._put(path, name, Written(value))
            elif name.startswith(PREFIX) and name != VARIABLE and value and not _is_of_containers(name):
                self.unread.append(name)

    def _put(self, path: tuple[str, ...], name: str, value: Written) -> None:
        branch: Any = self.data
        for length, key in enumerate(path[:-1], start=1):
            branch = branch.setdefault(key, {})
            if not isinstance(branch, dict):
                other = self._names[path[:length]]
                raise ConfigError(f"the variables {other} and {name} contradict each other: unset one of them")
        branch[path[-1]] = value
        self._names[path] = name

    def place(self, path: Sequence[str]) -> str:
        for length in range(len(path), 0, -1):
            name = self._names.get(tuple(map(spelled, path[:length])))
            if name is not None:
                return f"the variable {name}"
        table = tuple(map(spelled, path))
        within = (name for known, name in self._names.items() if known[: len(table)] == table)
        return next((f"the variable {name}" for name in within), self.name)


def spelled(key: str) -> str:
    """A key as the name of a variable can have it."""
    return key.replace("-", "_").lower()


def _path_of(variable: str) -> tuple[str, ...]:
    """Which setting a variable means; none, if it is somebody else's: container systems set such variables for every
    service called troupe. One that is almost the name of a setting is a mistake.
    """
    if not variable.startswith(PREFIX) or variable == VARIABLE:
        return ()
    path = tuple(variable.removeprefix(PREFIX).lower().split(WITHIN))
    known = [field.name for field in attrs.fields(Config)]
    if path[0] in known and all(path):
        return path
    whole = _with_two_underscores(path)
    if whole:
        raise ConfigError(
            f"the variable {variable} is no setting: between the parts of a path stand two underscores, "
            f"as in {PREFIX}{WITHIN.join(whole).upper()}"
        )
    close = get_close_matches(path[0], known, 1, ALMOST)
    if close and path[0] not in known:
        meant = PREFIX + WITHIN.join((close[0], *path[1:])).upper()
        raise ConfigError(f"the variable {variable} is no setting; did you mean {meant}?")
    return ()


def _is_of_containers(variable: str) -> bool:
    return _OF_CONTAINERS.fullmatch(variable.removeprefix(PREFIX).lower()) is not None


def _with_two_underscores(path: Sequence[str]) -> tuple[str, ...]:
    """The path that is meant by one whose beginning was written with single underscores, if that is what it is."""
    for table, known in _WITHIN_TABLES.items():
        within = path[0].removeprefix(f"{table}_")
        if within == path[0]:
            continue
        for name in known:
            if within == name:
                return (table, name, *path[1:])
            if name in _OPEN and within.startswith(f"{name}_"):
                return (table, name, within.removeprefix(f"{name}_"), *path[1:])
        if table == "settings" and not _OF_CONTAINERS.fullmatch(within):
            name, _, setting = within.partition("_")
            rest = (setting, *path[1:]) if setting else path[1:]
            return (table, name, *rest) if rest else ()
    return ()


class Layers:
    """Sources, the weakest first, as one tree."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources = tuple(sources)

    def tree(self) -> dict[str, Any]:
        """Everything but the tables of plugins."""
        merged: dict[str, Any] = {}
        for source in self.sources:
            merged = _merged(merged, {key: value for key, value in source.data.items() if key != "settings"})
        return merged

    def config(self) -> Config:
        """The settings of the core that they come to."""
        return structured(Config, self.tree(), self.place)

    def table(self, name: str) -> dict[str, Any]:
        """A plugin's own."""
        merged: dict[str, Any] = {}
        for source in self.sources:
            for written, table in self._tables(source):
                if written == (spelled(name) if isinstance(source, Environment) else name):
                    merged = _merged(merged, table)
        return merged

    def has_table(self, name: str) -> bool:
        """Whether there is one, be it empty."""
        return self.source(("settings", name)) is not None

    def tables_for_nobody(self, known: Iterable[str]) -> list[tuple[str, Source]]:
        """The tables that are none of these plugins', each with who says it."""
        names = set(known)
        loosely = set(map(spelled, names))
        return [
            (name, source)
            for source in self.sources
            for name, _ in self._tables(source)
            if name not in (loosely if isinstance(source, Environment) else names)
        ]

    @staticmethod
    def _tables(source: Source) -> Iterator[tuple[str, Mapping[str, Any]]]:
        tables = source.data.get("settings", {})
        if not isinstance(tables, Mapping):
            raise ConfigError(f"{source.place(('settings',))}: settings: expected a table for each plugin")
        for name, table in tables.items():
            if not isinstance(table, Mapping):
                behind = f", as in {PREFIX}SETTINGS{WITHIN}PLUGIN{WITHIN}SETTING" if isinstance(table, Written) else ""
                raise ConfigError(f"{source.place(('settings', name))}: settings.{name}: expected a table{behind}")
            yield name, table

    def place(self, path: Sequence[str]) -> str:
        """Where the setting that counts stands."""
        for length in range(len(path), 0, -1):
            source = self.source(path[:length])
            if source is not None:
                return source.place(path)
        return "the settings"

    def folder(self, path: Sequence[str]) -> Path:
        """What is relative in a setting is relative to it."""
        source = self.source(path)
        return (source.folder if source is not None else None) or Path.cwd()

    def source(self, path: Sequence[str]) -> Source | None:
        """Who says what counts."""
        found = (each for each in reversed(self.sources) if _has(each.data, path, isinstance(each, Environment)))
        return next(found, None)


def layers_for(config: object, code: Mapping[str, Any]) -> Layers:
    """The sources of a runtime. `config` is a file, a mapping instead of one, or None: the file is looked for. `code`
    is what was said in the call; a mapping was said there too. Layers are taken as they are.
    """
    if isinstance(config, Layers):
        return Layers([*config.sources, Source(code, "Runtime(…)")])
    environment = Environment(os.environ)
    sources: list[Source] = [environment]
    if config is None:
        found = discovered(Path.cwd())
        sources = [found, environment] if found is not None else sources
    elif isinstance(config, Mapping):
        sources.append(Source(config, "config"))
    elif isinstance(config, str | os.PathLike):
        sources = [read(Path(config).expanduser()), environment]
    else:
        raise ConfigError(f"config is a path or a mapping, not {type(config).__name__}")
    return Layers([*sources, Source(code, "Runtime(…)")])


def discovered(folder: Path) -> Source | None:
    """The file that the environment names; else the nearest one, in this folder or above it."""
    named = os.environ.get(VARIABLE)
    if named is not None:
        return read(Path(named).expanduser()) if named else None
    for each in (folder, *folder.parents):
        own, project = each / FILE, each / PROJECT
        if own.is_file():
            return _found(own)
        if project.is_file():  # another project's, if it does not know Troupe: what is above it is none of our business
            return _found(project) if b"troupe" in project.read_bytes() else None
        if (each / ".git").exists():
            return None
    return None


def _found(path: Path) -> FileSource:
    """A file that was only found must not be a stranger's: it can name code to run."""
    if is_strangers(path):
        raise ConfigError(
            f"{path} belongs to another user, and is not read unasked. Name it, as {VARIABLE}={path}, if you trust it; "
            f"{VARIABLE}= reads none."
        )
    source = read(path)
    source.found = True
    return source


def is_strangers(path: Path) -> bool:
    """Whether a file, or the link that leads to it, belongs neither to the user nor to the system."""
    return hasattr(os, "getuid") and not {path.lstat().st_uid, path.stat().st_uid} <= {os.getuid(), 0}


def text_of(path: Path) -> str:
    """What a file says; or an error that tells why nobody can read it."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"there is no file {path}") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: this is no text in UTF-8; save it in that encoding") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error}") from None


def read(path: Path) -> FileSource:
    """A file, with its table for Troupe."""
    text = text_of(path)
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except RecursionError:
        raise ConfigError(f"{path} cannot be read: it is nested too deeply") from None
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        meant = next((f": {hint}" for what, hint in _HINTS.items() if str(error).startswith(what)), "")
        raise ConfigError(f"{path}{f':{line[1]}' if line else ''}: this is no TOML: {error}{meant}") from None
    if path.name != PROJECT:
        return FileSource(path, text, data)
    tools = data.get("tool", {})
    table = tools.get("troupe", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise ConfigError(f"{path}:{line_of(text, ('tool', 'troupe'))}: tool.troupe: expected a table")
    return FileSource(path, text, table, ("tool", "troupe"))


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are merged key by key; anything else is replaced."""
    out = dict(below)
    for key, value in above.items():
        known = out.get(key)
        out[key] = _merged(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return out


def _has(tree: Any, path: Sequence[str], loosely: bool) -> bool:
    for key in path:
        if not isinstance(tree, Mapping):
            return False
        written = spelled(key) if loosely else key
        if written not in tree:
            return False
        tree = tree[written]
    return True
