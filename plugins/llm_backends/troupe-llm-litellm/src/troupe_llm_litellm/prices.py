"""What models cost, as litellm's own list has it. It is read without litellm, which takes seconds to load."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from troupe_core import Price

LIST = "model_prices_and_context_window_backup.json"
A_MILLION = 1_000_000
FREE = "lemonade", "ollama"
"""Their models run on one's own machine. Of any other, a price of 0 says that nobody has looked it up."""
READ_ONLY = "embedding"
"""The kind of model that writes nothing, and asks nothing for it."""
ADDRESS = ("API_BASE", "BASE_URL", "API_URL", "URL", "ENDPOINT")
"""How variables end that lead to a server."""
OTHERS = {
    "bedrock": "AWS_BEDROCK_RUNTIME_ENDPOINT",
    "meta_llama": "LLAMA_API_BASE",
    "volcengine": "ARK_API_BASE",
    "watsonx": "WX_URL",
}
"""Those that are called otherwise than their provider."""
KINDS = re.compile(r"^text-completion-|(?:_chat|_converse|-.*)$")
"""What the list adds to a provider's name."""


def listed(model: str, elsewhere: Collection[str] = ()) -> Price | None:
    """By its name with the provider's in front, or without, if the list says that it is that provider's. The list says
    nothing of the providers that are asked elsewhere than where litellm knows them, by the settings or by a variable.
    """
    models = _models()
    provider, _, name = model.partition("/")
    found = models.get(model)
    if found is None and name:
        found = models.get(name)
        if found is not None and found.get("litellm_provider") != provider:
            return None
    if found is None:
        return None
    told = str(found.get("litellm_provider"))
    whose = {provider, KINDS.sub("", provider), KINDS.sub("", told)}
    if any(each in elsewhere or any(map(os.environ.get, _variables(each))) for each in whose):
        return None
    return _price(found, model, free=told in FREE)


def _price(found: Mapping[str, Any], model: str, *, free: bool) -> Price | None:
    """As far as the list tells all of it."""
    read, written = found.get("input_cost_per_token"), found.get("output_cost_per_token") or 0
    if not isinstance(read, int | float) or not (free or (read and (written or found.get("mode") == READ_ONLY))):
        return None
    if "claude" not in model and (found.get("cache_creation_input_token_cost") or 0) > read:
        return None  # what is kept for later costs more, and is not told apart; Claude keeps what it is told to keep
    cached = found.get("cache_read_input_token_cost")
    return Price(
        _dollars(read),
        _dollars(written),
        None if cached is None else _dollars(cached),
        as_of=f"litellm {_version()}",
    )


def _variables(provider: str) -> Iterator[str]:
    """In which litellm, or a client of its, may look for a provider's address."""
    name = provider.upper()
    for stem in {name, name.replace("_", ""), name.removesuffix("AI").removesuffix("_")}:
        yield from (f"{stem}_{end}" for end in ADDRESS)
    if provider in OTHERS:
        yield OTHERS[provider]


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
