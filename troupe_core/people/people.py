"""Several people as one value."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Self, SupportsIndex, Unpack, overload

from troupe_core.errors import ArgumentError
from troupe_core.people.files import file_name, is_of_somebody_else, place_of
from troupe_core.people.handle.asking import Manner, enquiry_of
from troupe_core.people.handle.checking import checked_people
from troupe_core.people.handle.filing import SUFFIX
from troupe_core.people.loading import Options, Wish, load
from troupe_core.people.person import TinyPerson
from troupe_core.people.tables import rows_of_csv, rows_of_jsonl
from troupe_core.simulation.simulation import same_simulation

if TYPE_CHECKING:
    from troupe_core.findings.rows import Results
    from troupe_core.people.loading import Found
    from troupe_core.simulation.simulation import Simulation


class People(list[TinyPerson]):
    """Different people of one simulation, in order; `people["Ada"]` is the one of that name."""

    __slots__ = ()

    def __init__(self, people: Iterable[TinyPerson] = ()) -> None:
        given = checked_people(people)
        if given:
            same_simulation(given)
        ids = [person.id for person in given]
        twice = next((id for id in ids if ids.count(id) > 1), None) if len(set(ids)) < len(ids) else None
        if twice is not None:
            raise _is_there_twice(twice)
        super().__init__(given)

    @overload
    def __getitem__(self, place: SupportsIndex | str, /) -> TinyPerson: ...
    @overload
    def __getitem__(self, place: slice, /) -> People: ...
    def __getitem__(self, place: SupportsIndex | str | slice, /) -> TinyPerson | People:
        if isinstance(place, str):
            found = next((person for person in self if person.name == place), None)
            if found is None:
                raise KeyError(f"nobody here is called {place!r}; here are {', '.join(self.names) or 'none'}")
            return found
        return People(super().__getitem__(place)) if isinstance(place, slice) else super().__getitem__(place)

    def __contains__(self, who: object) -> bool:
        return who in self.names if isinstance(who, str) else super().__contains__(who)

    def __add__(self, others: Iterable[TinyPerson]) -> People:  # type: ignore[override]  # of people alone
        return People([*self, *_people(others)])

    def __radd__(self, others: Iterable[TinyPerson]) -> People:
        return People([*_people(others), *self])

    def __mul__(self, number: SupportsIndex) -> NoReturn:
        raise ArgumentError("people cannot be multiplied: everybody can be there once; person.clone() makes another")

    __rmul__ = __imul__ = __mul__

    # -- changes ------------------------------------------------------------------------------------------------------

    def append(self, person: TinyPerson, /) -> None:
        self.extend([person])

    def extend(self, others: Iterable[TinyPerson], /) -> None:
        newcomers = People(_people(others))
        if self and newcomers:  # who is here is not checked again: many append one by one
            same_simulation([self[0], newcomers[0]])
        twice = next((person for person in newcomers if person in self), None)
        if twice is not None:
            raise _is_there_twice(twice.id)
        super().extend(newcomers)

    def __iadd__(self, others: Iterable[TinyPerson]) -> Self:  # type: ignore[override]  # as __add__
        self.extend(others)
        return self

    def insert(self, place: SupportsIndex, person: TinyPerson, /) -> None:
        whole = list(self)
        whole.insert(place, person)
        self._become(whole)

    @overload
    def __setitem__(self, place: SupportsIndex, person: TinyPerson, /) -> None: ...
    @overload
    def __setitem__(self, place: slice, people: Iterable[TinyPerson], /) -> None: ...
    def __setitem__(self, place: Any, given: Any, /) -> None:
        whole = list(self)
        whole[place] = given
        self._become(whole)

    def _become(self, whole: Iterable[TinyPerson]) -> None:
        """Be these from now on, or stay as it is if they cannot be together."""
        super().__setitem__(slice(None), People(whole))

    # -- what they are ------------------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<People: {len(self)}>" if len(self) > 3 else f"<People: {', '.join(self.names) or 'nobody'}>"

    def __str__(self) -> str:
        from troupe_core.people.showing import people_in_words

        return people_in_words(self)

    def _repr_html_(self) -> str:
        from troupe_core.people.showing import of_people

        return of_people(self)

    @property
    def names(self) -> list[str]:
        """What they are called, in order."""
        return [person.name for person in self]

    def import_fragment(self, fragment: str | PathLike[str]) -> Self:
        """Everybody takes in what stands in a file, or, if it contradicts somebody, nobody does."""
        if self:
            with self[0].simulation.at_once():
                for person in self:
                    person.import_fragment(fragment)
        return self

    # -- asking -------------------------------------------------------------------------------------------------------

    def ask(self, question: str | list[str] | tuple[str, ...], fields: Any = None, **manner: Unpack[Manner]) -> Results:
        """What everybody says to a question, or to several, side by side: see `TinyPerson.ask`. Whose answer cannot be
        had stands in the failures of the results. If nobody's can, or nobody else's (the key is refused, the budget is
        spent), `AskingStopped` is raised, with the results so far.
        """
        return self._simulation().runtime.wait(lambda: self.aask(question, fields, **manner), "people.aask(…)")

    async def aask(
        self, question: str | list[str] | tuple[str, ...], fields: Any = None, **manner: Unpack[Manner]
    ) -> Results:
        """`ask`, awaited."""
        from troupe_core.people.asking import ask_all

        simulation, enquiry = self._simulation(), enquiry_of(question, fields, manner)
        return await simulation.runtime.thread.hop(ask_all(simulation, [person.id for person in self], enquiry))

    def _simulation(self) -> Simulation:
        if not self:
            raise ArgumentError("there is nobody here to be asked")
        return self[0].simulation

    # -- tables -------------------------------------------------------------------------------------------------------

    @classmethod
    def from_csv(
        cls,
        path: str | PathLike[str],
        *,
        name_column: str = "name",
        delimiter: str | None = None,
        auto_rename_agent: bool = False,
        **options: Unpack[Options],
    ) -> People:
        """Everybody who has a row in a table, whose first row says what is in each column: a key of the persona, a
        dotted one such as `occupation.title`, or one such as `likes[]`, whose cells are lists with `;` between the
        items. A column in which all are numbers holds numbers; what is empty is left out. All come, or nobody and an
        error that names each line that is to blame. `options` are those of `TinyPerson`.
        """
        rows = rows_of_csv(place_of(path, "path"), name_column, delimiter)
        return cls._of_rows(rows, auto_rename_agent, options)

    @classmethod
    def from_jsonl(
        cls,
        path: str | PathLike[str],
        *,
        name_column: str = "name",
        auto_rename_agent: bool = False,
        **options: Unpack[Options],
    ) -> People:
        """The same from a file with a JSON object in each line: a persona, or all that a file about a person has."""
        return cls._of_rows(rows_of_jsonl(place_of(path, "path"), name_column), auto_rename_agent, options)

    @classmethod
    def _of_rows(cls, rows: list[tuple[str, Found]], rename: bool, options: Options) -> People:
        return cls(load(Wish(TinyPerson, options, rename=rename), rows))

    # -- files --------------------------------------------------------------------------------------------------------

    def save_specifications(self, folder: str | PathLike[str], **included: Any) -> list[Path]:
        """A file about each, `ada_lovelace.agent.json`, in a folder that is made if need be; where they are. `included`
        says what is in them, as of `save_specification`. A file about the same person is replaced, one about somebody
        else stays.
        """
        place = place_of(folder, "folder")
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArgumentError(f"there can be no folder {place}: {error.strerror or error}") from None
        paths: list[Path] = []
        for person in self:
            plain = free = file_name(person.name)
            number = 1
            while (path := place / f"{free}{SUFFIX}") in paths or is_of_somebody_else(path, person.name):
                number += 1
                free = f"{plain}_{number}"
            paths.append(path)
            person.save_specification(path, **included)
        return paths


def _is_there_twice(id: str) -> ArgumentError:
    return ArgumentError(f"{id!r} is there twice; everybody can be there once")


def _people(given: Any) -> list[TinyPerson]:
    if isinstance(given, str | PathLike):
        raise ArgumentError(f"{str(given)!r} is nobody; if it is a fragment, write people.import_fragment(path)")
    return checked_people(given)
