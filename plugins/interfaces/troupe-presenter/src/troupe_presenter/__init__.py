"""What happens in a simulation, shown while it happens."""

from __future__ import annotations

from troupe_presenter.lines import Lines, style_of

__version__ = "0.1.0"

__all__ = ["Lines", "style_of"]
