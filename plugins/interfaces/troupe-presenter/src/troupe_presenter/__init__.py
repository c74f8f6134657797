"""What happens in a simulation, shown while it happens: `with present(simulation): …`."""

from __future__ import annotations

from troupe_presenter.json_lines import JsonLines
from troupe_presenter.lines import Lines, style_of
from troupe_presenter.presenting import Style, present
from troupe_presenter.shown import Shown

__version__ = "0.1.0"

__all__ = ["JsonLines", "Lines", "Shown", "Style", "present", "style_of"]
