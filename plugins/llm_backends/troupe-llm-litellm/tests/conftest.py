"""What needs litellm runs in an environment of its own, by `make check-wire`. The usual one has neither it nor this
plugin, whose code is then found where it stands.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("litellm"):
    from troupe_llm_litellm.library import library

    library(1.0)  # so that its seconds are on no test's clock
else:
    collect_ignore_glob = ["wire/*"]
    sys.path.append(str(Path(__file__).parents[1] / "src"))
