"""What needs litellm runs in an environment of its own, by `make check-wire`."""

from __future__ import annotations

from importlib.util import find_spec

from troupe_llm_litellm.library import library

if find_spec("litellm"):
    library(1.0)  # so that its seconds are on no test's clock
else:
    collect_ignore_glob = ["wire/*"]
