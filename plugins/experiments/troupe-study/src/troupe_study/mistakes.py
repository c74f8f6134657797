"""What can be wrong with a study besides the types of its values. It is looked for in what the file says, so that all
mistakes are told at once; where a type is wrong, nothing more is said here.
"""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from troupe_core import ArgumentError, Fields, ModelRef
from troupe_core.llm import Image, candidates
from troupe_study.words import ANSWER

SOURCES = ("files", "folder", "csv", "jsonl", "inline", "generate")
STIMULI = ("say", "see", "think")
OF_TABLES = ("csv", "jsonl")

Mistake = tuple[tuple[str, ...], str]


def mistakes(data: Mapping[str, Any], folder: Path) -> Iterator[Mistake]:
    """Each mistake: the path of its key, and what is wrong."""
    yield from _halves(data, ())
    yield from _texts(data, (), "title")
    if type(data.get("seed")) is int and not -(2**63) <= data["seed"] < 2**63:
        yield ("seed",), f"expected a whole number of at most 64 bits, got {data['seed']}"
    yield from _models(data, ("model",), data.get("model"))
    for purpose, model in _table(data.get("models")).items():
        yield from _models(data, ("models", purpose), model)
    if "runtime" in _table(data.get("budget")):
        yield (
            ("budget", "runtime"),
            "is of all simulations together, and stands in no study: write [budget.runtime] into troupe.toml",
        )
    yield from _every(data, "people", folder, _group)
    if data.get("people", []) == []:
        yield (
            ("people",),
            "there is none; write at least one [[people]] with files, folder, csv, jsonl, inline or generate",
        )
    yield from _names_twice(data)
    yield from _every(data, "stimulus", folder, _stimulus)
    yield from _every(data, "ask", folder, _question)
    nothing = data.get("stimulus", []) == []
    if nothing and data.get("ask", []) == []:
        wanted = '[[stimulus]] with what they are to react to, such as say = "…", or one [[ask]] with a question'
        yield ("stimulus",), f"there is none; write at least one {wanted}"
    yield from _reaching(data)
    yield from _world(_table(data.get("world")))
    if isinstance(data.get("findings"), Mapping):
        yield from _findings(data["findings"])
        if nothing and not any(table.get("remember") for _, table in _tables(data, "ask")):
            yield ("findings",), "are drawn from what people say to each other; what they [[ask]] has fields of its own"


def matching(pattern: str, folder: Path) -> list[Path]:
    """The files that a pattern means, in the order of their names."""
    found = glob.glob(str(Path(pattern).expanduser()), root_dir=folder, recursive=True)  # noqa: PTH207 - absolute ones too
    return sorted(path for path in (folder / name for name in found) if path.is_file())


def picture_at(name: str, folder: Path) -> Path:
    """The file of a picture, which lies in the study's folder: who runs somebody else's study shows no other files."""
    try:
        place = (folder / name).resolve()
    except RuntimeError:
        raise ArgumentError(f"{name!r} is a link that leads round in a ring: put the picture there") from None
    if not place.is_relative_to(folder.resolve()):
        raise ArgumentError(f"{name!r} is not in {folder}, where the study is: put the picture there")
    return place


def _halves(value: Any, path: tuple[str, ...]) -> Iterator[Mistake]:
    """JSON can write halves of characters, which no file and no model takes."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            yield path, f"has half of a character in it, {value[:40]!r}: write the whole"
    for key, each in (
        value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from _halves(each, (*path, str(key)))


def _every(
    data: Mapping[str, Any],
    key: str,
    folder: Path,
    check: Callable[[Mapping[str, Any], tuple[str, ...], Path], Iterator[Mistake]],
) -> Iterator[Mistake]:
    for number, table in _tables(data, key):
        yield from check(table, (key, str(number)), folder)


def _reaching(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Whether what is meant for a group finds one."""
    there = dict.fromkeys(str(source["group"]) for _, source in _tables(data, "people") if "group" in source)
    for key in ("stimulus", "ask"):
        for number, table in _tables(data, key):
            if isinstance(table.get("to"), str) and table["to"] not in there:
                known = f"there are {', '.join(there)}" if there else 'write group = "…" at [[people]]'
                yield (key, str(number), "to"), f"there is no group {table['to']!r}; {known}"


def _group(group: Mapping[str, Any], path: tuple[str, ...], folder: Path) -> Iterator[Mistake]:
    named = [key for key in SOURCES if key in group]
    if len(named) != 1:
        got = f"there are {' and '.join(named)}" if named else "there is none"
        yield path, f"people come from one of {', '.join(SOURCES)}; {got}"
    for key in ("files", "fragments"):
        patterns = group.get(key, ())
        for pattern in [patterns] if isinstance(patterns, str) else patterns if isinstance(patterns, list) else ():
            if isinstance(pattern, str) and not (pattern.strip() and matching(pattern, folder)):
                yield (*path, key), f"no file matches {pattern!r} in {folder}"
    for key, there in (("folder", Path.is_dir), ("csv", Path.is_file), ("jsonl", Path.is_file)):
        where = group.get(key)
        if isinstance(where, str) and not (where.strip() and there(folder / Path(where).expanduser())):
            yield (*path, key), f"there is no {'folder' if key == 'folder' else 'file'} {where!r} in {folder}"
    inline = group.get("inline")
    if isinstance(inline, str):
        yield from _texts(group, path, "inline")
        if "name" not in group:
            yield path, 'whoever is described inline in a sentence needs a name: write name = "…" beside it'
    elif isinstance(inline, Mapping) and not ({"name"} & {*group, *inline, *_table(inline.get("persona"))}):
        yield (*path, "inline"), 'nobody says what this person is called: write name = "…"'
    elif "name" in group and inline is None:
        yield (*path, "name"), "only somebody who is described inline is named here"
    if "name_column" in group and not any(key in group for key in OF_TABLES):
        yield (*path, "name_column"), "names stand in a column of csv or jsonl only"
    yield from _texts(group, path, "name", "name_column", "group", "memory")
    yield from _models(group, (*path, "model"), group.get("model"))
    generated = _table(group.get("generate"))
    yield from _texts(generated, (*path, "generate"), "context")
    yield from _counts(generated, (*path, "generate"), "count")


def _stimulus(stimulus: Mapping[str, Any], path: tuple[str, ...], folder: Path) -> Iterator[Mistake]:
    named = [key for key in STIMULI if key in stimulus]
    if len(named) != 1:
        got = f"there are {' and '.join(named)}" if named else "there is none"
        yield path, f"a stimulus is one of {', '.join(STIMULI)}; {got}"
    if "think" in stimulus and "source" in stimulus:
        yield (*path, "source"), "a thought is everybody's own, and comes from nobody"
    yield from _texts(stimulus, path, *STIMULI, "source")
    yield from _counts(stimulus, path, "rounds", least=0)
    images = stimulus.get("images", ())
    if images and "see" not in stimulus:
        yield (*path, "images"), 'pictures go with what they see: write see = "…", in words, beside them'
        return
    for name in [images] if isinstance(images, str) else images if isinstance(images, list) else ():
        if isinstance(name, str):
            try:
                Image.of(picture_at(name, folder))
            except (ArgumentError, ValueError) as error:
                yield (*path, "images"), str(error)


def _question(asked: Mapping[str, Any], path: tuple[str, ...], folder: Path) -> Iterator[Mistake]:
    yield from _texts(asked, path, "question", "source")
    yield from _counts(asked, path, "replicates")
    if asked.get("remember") is True and asked.get("replicates", 1) != 1:
        yield (*path, "replicates"), "what is remembered is answered once: leave out replicates, or remember"
    yield from _fields(asked, path)
    if ANSWER in _table(asked.get("fields")):
        yield (*path, "fields", ANSWER), "is what was said, and is there anyway; call the field otherwise"


def _world(world: Mapping[str, Any]) -> Iterator[Mistake]:
    yield from _texts(world, ("world",), "name", "interviewer")
    if "interviewer" in world and world.get("kind") != "interview":
        yield ("world", "interviewer"), 'somebody asks the others in an interview only: write kind = "interview"'
    yield from _counts(world, ("world",), "rounds")
    given = world.get("initial_datetime")
    if isinstance(given, str) and given != "now":
        try:
            datetime.fromisoformat(given)
        except ValueError:
            yield ("world", "initial_datetime"), f'expected a date such as 2026-03-02T09:00, or "now", got {given!r}'


def _findings(findings: Mapping[str, Any]) -> Iterator[Mistake]:
    yield from _texts(findings, ("findings",), "objective")
    if findings.get("fields") == {}:
        yield ("findings", "fields"), 'there is none; name at least one, such as rating = "1..5"'
    yield from _fields(findings, ("findings",))


def _fields(data: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Mistake]:
    fields = data.get("fields", {})
    if not isinstance(fields, Mapping):
        return
    for name, wanted in fields.items():
        try:
            Fields.of({name: wanted})
        except ArgumentError as error:
            yield (*path, "fields", name), str(error)
    for name in _table(data.get("hints")):
        if name not in fields:
            yield (*path, "hints", name), f"there is no such field; there are {', '.join(fields) or 'none'}"


def _models(data: Mapping[str, Any], path: tuple[str, ...], model: Any) -> Iterator[Mistake]:
    if not isinstance(model, str | list) or not all(isinstance(name, str) for name in model):
        return
    wrong = False
    for name in model if isinstance(model, list) else model.split(","):
        try:
            ModelRef.parse(name.strip())
        except ArgumentError as error:
            yield path, str(error)
            wrong = True
    if not wrong:
        try:
            candidates(model)
        except ArgumentError as error:
            yield path, str(error)


def _names_twice(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """Of those whose names stand in the file itself; others are found out when they come."""
    first: dict[str, int] = {}
    for number, group in _tables(data, "people"):
        inline = _table(group.get("inline"))
        name = group.get("name") or inline.get("name") or _table(inline.get("persona")).get("name")
        if isinstance(name, str) and name in first:
            key = "name" if "name" in group else "inline"
            yield ("people", str(number), key), f"{name!r} is called like people.{first[name]}; give another name"
        elif isinstance(name, str):
            first[name] = number


def _texts(data: Mapping[str, Any], path: tuple[str, ...], *keys: str) -> Iterator[Mistake]:
    for key in keys:
        if isinstance(data.get(key), str) and not data[key].strip():
            yield (*path, key), "is empty; say it, or leave it out"


def _counts(data: Mapping[str, Any], path: tuple[str, ...], key: str, least: int = 1) -> Iterator[Mistake]:
    if type(data.get(key)) is int and data[key] < least:
        yield (*path, key), f"expected a whole number from {least} on, got {data[key]}"


def _tables(data: Mapping[str, Any], key: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Those under [[key]], with their places."""
    tables = data.get(key)
    several = tables if isinstance(tables, list | tuple) else ()
    return [(number, table) for number, table in enumerate(several) if isinstance(table, Mapping)]


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
