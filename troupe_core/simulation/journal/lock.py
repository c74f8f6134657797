"""One process writes a journal. It is free again at once when that process ends, however it ends."""

from __future__ import annotations

import os
from pathlib import Path

from troupe_core.errors import JournalError

try:
    import fcntl
except ImportError:  # where there is no flock, the creation of the side file has to do
    fcntl = None  # type: ignore[assignment]


class Lock:
    """Held from its making to its release."""

    def __init__(self, path: Path) -> None:
        # Not on the file itself: closing any descriptor of it would drop SQLite's own locks.
        self.path = path.with_name(path.name + "-lock")
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        except OSError as error:
            raise JournalError(
                f"cannot write the journal {path}: {error.strerror}; choose a folder that can be written to"
            ) from None
        try:
            if fcntl is not None:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._descriptor, 20, 0).decode(errors="replace").strip()
            os.close(self._descriptor)
            whose = "another simulation of this program, perhaps a fork" if holder == str(os.getpid()) else (
                f"the process {holder or 'of somebody else'}"
            )  # fmt: skip
            raise JournalError(f"{path} is in use by {whose}; end that one first, or use another file") from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
