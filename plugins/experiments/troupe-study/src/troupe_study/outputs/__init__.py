"""What a run leaves in its folder."""

from __future__ import annotations

from troupe_study.outputs.folder import check_folder, log_run, settle
from troupe_study.outputs.made import outputs
from troupe_study.outputs.terminal import as_text

__all__ = ["as_text", "check_folder", "log_run", "outputs", "settle"]
