"""The person in a file."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack, cast

from troupe_core.errors import ArgumentError
from troupe_core.people.files import read, write
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
            where, found = str(path_or_dict), read(path_or_dict)
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
        names each file that is to blame.
        """
        from troupe_core.people.loading import Wish, load
        from troupe_core.people.people import People

        leave_out = _keys(not suppress_mental_faculties, not suppress_memory, not suppress_mental_state)
        maker: Any = cls
        files = [(str(path), _found(path)) for path in _files(folder, file_suffix)]
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
        write(path, document(self.simulation.runtime, self.state, leave_out))


def _keys(faculties: bool, memory: bool, state: bool) -> tuple[str, ...]:
    """Those that are to be left out of a document."""
    parts = ((faculties, FACULTY_KEYS), (memory, MEMORY_KEYS), (state, STATE_KEYS))
    return tuple(key for wanted, keys in parts if not wanted for key in keys)


def _files(folder: str | PathLike[str], suffix: str) -> list[Path]:
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise ArgumentError(f"there is no folder {place}" if not place.exists() else f"{place} is no folder")
    names = sorted(path.name for path in place.iterdir() if not path.name.startswith("."))
    found = [place / name for name in names if name.endswith(suffix)]
    if not found:
        raise ArgumentError(f"no file in {place} ends in {suffix!r}; file_suffix=… looks for others")
    return found


def _found(path: Path) -> Found:
    try:
        return read(path)
    except ArgumentError as error:
        return error
