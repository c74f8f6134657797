"""What the first command of the README installs, the standard bundle, is what playing takes, and nothing more."""

from __future__ import annotations

import tomllib
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROVIDERS = {"aiohttp", "anthropic", "httpx", "litellm", "openai", "troupe-llm-openai"}


def needed_by(name: str) -> set[str]:
    """What comes with a distribution, here and now, itself included."""
    found: set[str] = set()
    wanted = [Requirement(name)]
    while wanted:
        this = wanted.pop()
        if (key := canonicalize_name(this.name)) in found:
            continue
        found.add(key)
        needs = map(Requirement, distribution(key).requires or ())
        extras = this.extras or {""}
        wanted += [
            each for each in needs if each.marker is None or any(each.marker.evaluate({"extra": e}) for e in extras)
        ]
    return found


def tools() -> set[str]:
    """What is there for whoever works on Troupe."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    lines = [each for group in groups.values() for each in group if isinstance(each, str)]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def test_playing_takes_no_tool_and_no_provider():
    playing = needed_by("troupe-bundle-standard")
    assert {"troupe-core", "troupe-cli", "troupe-study", "troupe-llm-rehearsal"} <= playing
    assert not playing & (tools() | PROVIDERS | {"troupe-testing"})


def test_it_would_be_noticed():
    assert needed_by("troupe-llm-openai") & PROVIDERS
    assert "pytest" in tools()
