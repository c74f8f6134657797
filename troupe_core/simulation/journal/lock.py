"""One process writes a journal. It is free again at once when that process ends, however it ends."""

from __future__ import annotations

import gc
import os
from pathlib import Path

from troupe_core.errors import JournalError

try:
    import fcntl
except ImportError:  # Windows has no flock, and nothing there keeps two processes apart
    fcntl = None  # type: ignore[assignment]


class Lock:
    """Held from its making to its release."""

    def __init__(self, path: Path) -> None:
        # Not on the file itself: closing any descriptor of it would drop SQLite's own locks.
        self.path = path.with_name(path.name + "-lock")
        self._made = not self.path.exists()
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        except OSError as error:
            raise JournalError(
                f"cannot write the journal {path}: {error.strerror}; choose a folder that can be written to"
            ) from None
        if not self._taken() and not (self._holder() == str(os.getpid()) and gc.collect() and self._taken()):
            holder = self._holder()  # not even a forgotten simulation of this program that was about to be collected
            os.close(self._descriptor)
            own = holder == str(os.getpid())
            whose = "another simulation of this program, perhaps a fork" if own else f"the process {holder}"
            raise JournalError(f"{path} is in use by {whose}; end that one first, or use another file")
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, str(os.getpid()).encode())

    def _taken(self) -> bool:
        try:
            if fcntl is not None:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _holder(self) -> str:
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        return os.read(self._descriptor, 20).decode(errors="replace").strip()

    def give_up(self) -> None:
        """What was to be opened is no journal: leave nothing beside it that was not there."""
        if self._made:
            self.path.unlink(missing_ok=True)
        self.release()

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
