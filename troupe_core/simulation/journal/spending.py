"""What a history has cost, as its commits hold it: what it has taken over from an earlier session too."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from troupe_core.simulation.journal import commits
from troupe_core.simulation.journal.pages import Page, before, behind, spending
from troupe_core.simulation.journal.tallies import NOTHING, Tallies

if TYPE_CHECKING:
    from troupe_core.llm.meter import Meter
    from troupe_core.simulation.journal.branch import Branch
    from troupe_core.simulation.journal.store import Store


class Spending:
    """Of one branch. By purpose a commit holds everything; by person, where there is a limit to that, and of time, what
    is another than in the commit before it.
    """

    def __init__(self, store: Store, meter: Meter, branch: Branch, pages: Container[bytes]) -> None:
        self._store = store
        self._meter = meter
        self._branch = branch.name
        self._pages = pages
        """Those of its own: what is on them the meter has counted."""
        self._begun = True
        """Whether there may be more behind the head than the meter knows: it has come upon what is there already."""
        self._given = NOTHING
        """What the meter was given of its history."""
        self._earlier = NOTHING
        """What its history had cost, more than that."""
        self._written = NOTHING

    def walk(self) -> None:
        """A commit is there already."""
        self._begun = True

    def restore(self, head: bytes, left_over: Page | None = None) -> None:
        """Give the meter what the history of a commit says, and what was asked after it."""
        there = self._there(head, left_over)
        self._meter.restore(there.purposes, there.people, there.asking)
        self._given = self._counted()
        self._begun = False
        self._written = commits.spent(self._store, head)

    def same_as(self, other: Spending) -> None:
        """The meter has been given what that of a twin knows."""
        self._begun, self._given, self._earlier = other._begun, other._given, other._earlier
        self._written = other._written

    def _counted(self) -> Tallies:
        """What the meter knows."""
        return Tallies(self._meter.tallies(), self._meter.by_person(), self._meter.asking())

    def _there(self, head: bytes | None, left_over: Page | None = None) -> Tallies:
        """What a commit says, and the pages after it."""
        found = NOTHING if head is None else commits.spent(self._store, head)
        for page in behind(self._store, head, self._pages, before(self._store, head, self._branch)):
            found += spending(page)
        return found if left_over is None else found + spending(left_over)

    def now(self, head: bytes | None, *, full: bool) -> Tallies:
        """For a new commit: by purpose all of it; by person, and of time, all if it is to be `full`."""
        if self._begun:
            self._earlier = self._there(head) - self._given
            self._written = NOTHING if head is None else commits.spent(self._store, head)
            self._begun = False
        now = self._counted() + self._earlier
        return now if full else now.changed(self._written)

    def written(self, tallies: Tallies) -> None:
        """It is on its way."""
        self._written = self._written.with_changes(tallies)
