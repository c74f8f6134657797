"""What goes wrong with a file, in words, each kind told once."""

from __future__ import annotations

import logging
from pathlib import Path

from troupe_cache_sqlite.aside import is_corrupt
from troupe_cache_sqlite.tally import Tally

log = logging.getLogger("troupe.cache")


class Troubles:
    """Of one file."""

    def __init__(self, path: Path, tally: Tally) -> None:
        self.corrupt: Exception | None = None
        """What has shown that the file itself is damaged, not only an entry."""
        self._path = path
        self._tally = tally
        self._told: set[str] = set()

    def writing(self, error: Exception, *, held: bool) -> None:
        """Called by the thread that writes, and by nobody else. `held`: what was to be written will be tried again."""
        if is_corrupt(error):
            self.corrupt = error
        elif held:
            self._tell("writing", f"nothing can be written to it ({error}); answers are held in memory until it can")
        else:
            self._tell("failing", f"writing to it failed ({type(error).__name__}: {error}); answers are not kept")

    def lost(self, count: int) -> None:
        """So many answers are in no file, and will not be. Of the thread that writes, too."""
        self._tally.lost += count

    def gave_up(self, count: int) -> None:
        """The same, at the end."""
        self.lost(count)
        self._tell("lost", f"{count} answers could not be written to it, and are lost: they will be asked for again")

    def full_of_use(self, megabytes: float) -> None:
        """Nothing can be removed."""
        self._tell("bound", f"it holds more than max_mb = {megabytes:g}, and all of it is in use by this run")

    def reading(self, error: Exception) -> None:
        if is_corrupt(error):
            self.corrupt = error
        self._tell("reading", f"it cannot be read ({error}); models are asked instead")

    def damaged(self, key: bytes, error: Exception) -> None:
        self._tally.damaged += 1
        self._tell("damaged", f"its entry {key.hex()} is damaged ({error}), and counts as missing; so will others")

    def _tell(self, kind: str, text: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            log.warning("the cache at %s: %s. This is said once.", self._path, text)
