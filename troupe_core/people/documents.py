"""Documents that people read: files of text, as what there is to know from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

from troupe_core.errors import ArgumentError
from troupe_core.events import Fact
from troupe_core.llm.structured import well_formed
from troupe_core.people.files import check_inside, entries_in, is_inside, place_of, text_in
from troupe_core.people.knowledge import PASSAGE, known, passages

LARGEST = 4 * 2**20
"""Bytes of one document: the Bible."""
MOST = 8 * 2**20
"""Bytes of all that lies in one folder, and is read at once."""


def document_in(path: str | os.PathLike[str]) -> list[Fact]:
    """What there is to know from a file."""
    place = place_of(path, "path")
    return _read(place, place.name)


def documents_in(folder: str | os.PathLike[str], recursive: bool) -> list[Fact]:
    """The same of all files in a folder, by their names. If one cannot be read none is, and the error names each."""
    root = place_of(folder, "path")
    found, wrong, size = [], [], 0
    for place in _files(root, root, recursive):
        try:
            check_inside(place, root)
            size += place.stat().st_size if place.is_file() else 0
            if size > MOST:
                break
            found += _read(place, place.relative_to(root).as_posix())
        except ArgumentError as error:
            wrong.append(str(error))
    if size > MOST:
        raise ArgumentError(
            f"the documents in {root} have more than {MOST:,} bytes, which is more than anybody reads at once; "
            "read the folders in it one by one, or the files that matter"
        )
    if wrong:
        raise ArgumentError(f"nothing in {root} was read, since this cannot be:\n" + "\n".join(wrong))
    if not found:
        also = "" if recursive else "; recursive=True looks into the folders in it too"
        raise ArgumentError(f"there is no document in {root}{also}")
    return found


def _files(folder: Path, root: Path, recursive: bool) -> Iterator[Path]:
    """In order; links to folders within are left out, which are come by anyway."""
    for entry in entries_in(folder):
        if not entry.is_dir():
            yield entry
        elif recursive and not entry.is_symlink():
            yield from _files(entry, root, recursive)
        elif recursive and not is_inside(entry, root):
            yield entry


def _read(place: Path, name: str) -> list[Fact]:
    kind = place.suffix.lower()
    if kind not in KINDS:
        raise ArgumentError(f"{place}: files of this kind are not read, only {', '.join(KINDS)}; save it as text")
    text = text_in(place, LARGEST)
    if "\0" in text:
        raise ArgumentError(f"{place} is no text, whatever its name says: there are zeros in it")
    source = " ".join(well_formed(name).split())
    found = [known(words, source) for words in KINDS[kind](text, place)]
    if not found:
        raise ArgumentError(f"{place} is empty")
    return found


def _prose(text: str, place: Path) -> Iterator[str]:
    return passages("\n".join(text.splitlines()))


def _table(text: str, place: Path) -> Iterator[str]:
    """Each passage begins with the line that names the columns."""
    names, *lines = [line for line in text.splitlines() if line.strip()]
    if not lines or len(names) > PASSAGE // 2:
        return _prose(text, place)
    return (f"{names}\n{rows}" for rows in passages("\n".join(lines), PASSAGE - len(names) - 1))


def _data(text: str, place: Path) -> Iterator[str]:
    """The parts of a list or an object, each as a paragraph."""
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ArgumentError(f"{place}, line {error.lineno}: this is no JSON: {error.msg}") from None
    parts = [{name: value} for name, value in data.items()] if isinstance(data, dict) else data
    spelled = [_spelled(part) for part in (parts if isinstance(parts, list) else [parts])]
    return passages("\n\n".join(spelled))


def _spelled(part: object) -> str:
    return part if isinstance(part, str) else orjson.dumps(part, option=orjson.OPT_INDENT_2).decode()


Reading = Callable[[str, Path], Iterator[str]]

KINDS: dict[str, Reading] = {
    ".csv": _table, ".json": _data, ".jsonl": _prose, ".md": _prose, ".rst": _prose, ".text": _prose, ".tsv": _table,
    ".txt": _prose,
}  # fmt: skip
"""The kinds of files that are read, by the ends of their names."""
