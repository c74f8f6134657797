"""The person in a file."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack, cast

from troupe_core.errors import ArgumentError
from troupe_core.people.files import check_inside, entries_in, place_of, read, write
from troupe_core.people.handle.base import Base
from troupe_core.people.specification import FACULTY_KEYS, MEMORY_KEYS, STATE_KEYS, document

if TYPE_CHECKING:
    from troupe_core.people.loading import Found, Options
    from troupe_core.people.people import People

SUFFIX = ".agent.json"


class Filing(Base):
    __slots__ = ()

    @classmethod
    def load_specification(
        cls,
        path_or_dict: str | PathLike[str] | Mapping[str, Any],
        suppress_mental_faculties: bool = False,
        suppress_memory: bool = False,
        suppress_mental_state: bool = False,
        auto_rename_agent: bool = False,
        new_agent_name: str | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """Somebody from a file, or from what would stand in one: `{"type": "TinyPerson", "persona": {…}}`, or the
        persona alone. With `auto_rename_agent` a name that is taken becomes "Ada 2". `options` are those of the
        constructor.
        """
        from troupe_core.people.loading import Wish, load

        if isinstance(path_or_dict, Mapping):
            where, found = "", path_or_dict
        else:
            where, found = str(path_or_dict), read(path_or_dict, "path_or_dict")
        leave_out = _keys(not suppress_mental_faculties, not suppress_memory, not suppress_mental_state)
        maker: Any = cls
        wish = Wish(maker, options, leave_out, auto_rename_agent, new_agent_name)
        return cast("Self", load(wish, [(where, found)])[0])

    @classmethod
    def load_specifications_from_folder(
        cls,
        folder: str | PathLike[str],
        file_suffix: str = SUFFIX,
        suppress_mental_faculties: bool = False,
        suppress_memory: bool = False,
        suppress_mental_state: bool = False,
        auto_rename_agent: bool = False,
        **options: Unpack[Options],
    ) -> People:
        """Everybody whose file lies in a folder, in the order of the files' names: all, or nobody and an error that
        names each file that is to blame. A link that leads out of the folder is one of those.
        """
        from troupe_core.people.loading import Wish, load
        from troupe_core.people.people import People

        leave_out = _keys(not suppress_mental_faculties, not suppress_memory, not suppress_mental_state)
        maker: Any = cls
        root = place_of(folder, "folder")
        files = [(str(path), _found(path, root)) for path in _files(root, file_suffix)]
        return People(load(Wish(maker, options, leave_out, auto_rename_agent), files))

    def save_specification(
        self,
        path: str | PathLike[str],
        include_mental_faculties: bool = True,
        include_memory: bool = False,
        include_mental_state: bool = False,
    ) -> None:
        """Write a file about the person, which `load_specification` reads. An older one is replaced as a whole."""
        leave_out = _keys(include_mental_faculties, include_memory, include_mental_state)
        write(path, document(self.simulation, self.state, leave_out))


def _keys(faculties: bool, memory: bool, state: bool) -> tuple[str, ...]:
    """Those that are to be left out of a document."""
    parts = ((faculties, FACULTY_KEYS), (memory, MEMORY_KEYS), (state, STATE_KEYS))
    return tuple(key for wanted, keys in parts if not wanted for key in keys)


def _files(root: Path, suffix: str) -> list[Path]:
    found = [place for place in entries_in(root) if place.name.endswith(suffix)]
    if not found:
        raise ArgumentError(f"no file in {root} ends in {suffix!r}; file_suffix=… looks for others")
    return found


def _found(path: Path, root: Path) -> Found:
    try:
        check_inside(path, root)
        return read(path)
    except ArgumentError as error:
        return error
