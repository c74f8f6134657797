"""What models cost, as litellm's own list has it. It is read without litellm, which takes seconds to load."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from troupe_core import Price

LIST = "model_prices_and_context_window_backup.json"
A_MILLION = 1_000_000


def listed(model: str) -> Price | None:
    """By its name with the provider's in front, or without, if the list says that it is that provider's."""
    models = _models()
    provider, _, name = model.partition("/")
    found = models.get(model)
    if found is None and name:
        found = models.get(name)
        if found is not None and found.get("litellm_provider") != provider:
            return None
    if found is None or not isinstance(found.get("input_cost_per_token"), int | float):
        return None
    return Price(
        _dollars(found["input_cost_per_token"]),
        _dollars(found.get("output_cost_per_token") or 0),
        None if (cached := found.get("cache_read_input_token_cost")) is None else _dollars(cached),
        as_of=f"litellm {_version()}",
    )


def _dollars(for_one: float) -> float:
    """For a million tokens."""
    return round(for_one * A_MILLION, 6)


@cache
def _models() -> Mapping[str, Any]:
    """Nothing where litellm is not installed, or keeps no list where it did."""
    found = find_spec("litellm")
    places = list(found.submodule_search_locations or ()) if found is not None else []
    try:
        models: Mapping[str, Any] = json.loads((Path(places[0]) / LIST).read_bytes()) if places else {}
    except (OSError, ValueError):
        return {}
    return models


def _version() -> str:
    try:
        return version("litellm")
    except PackageNotFoundError:
        return ""
