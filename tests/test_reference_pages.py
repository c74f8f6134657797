"""What an author of plugins holds in hand has a place in the reference, with everything that is in it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import attrs
import pytest

import troupe_core
from troupe_core import Config, LLMRequest, errors, events
from troupe_core.errors import ModelError, TroupeError

REFERENCE = Path(__file__).parents[1] / "docs" / "reference"

IN_HAND = ("Task", "Call", "Request", "Response", "Chunk", "Ended", "Backend", "Tool", "Ref", "Wrapper", "Faculty")


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def test_every_error_has_a_place():
    ours = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, TroupeError)]
    text = page("errors.md")
    assert [each.__name__ for each in ours if f"\n## {each.__name__}\n" not in text] == []
    for kind in (each for each in ours if issubclass(each, ModelError)):
        fatal, retryable = ("yes" if mark else "" for mark in (kind.fatal, kind.retryable))
        assert f"| `{kind.__name__}` | {fatal} | {retryable} |" in text


def test_every_event_has_a_place_with_its_fields():
    for kind in get_args(events.Event):
        section = page("events.md").partition(f"\n## {kind.__name__}\n")[2].partition("\n## ")[0]
        assert all(f"- `{field.name}: " in section for field in attrs.fields(kind))


def test_every_setting_has_a_place_with_words_about_it_or_a_table_of_its_own():
    text = page("settings.md")
    for field in attrs.fields(Config):
        (line,) = [line for line in text.splitlines() if line.startswith(f"- `{field.name}: ")]
        assert "`: " in line or f"\n## [{field.name}]\n" in text, field.name


@pytest.mark.parametrize("name", [name for name in troupe_core.__all__ if name.endswith(IN_HAND)])
def test_whatever_plugins_are_given_has_a_place(name):
    assert any(f"\n## {name}\n" in path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md"))


def test_what_a_request_has_is_listed_with_what_it_only_passes_on():
    section = page("requests.md").partition("\n## LLMRequest\n")[2].partition("\n## ")[0]
    own = [name for name in (*attrs.fields_dict(LLMRequest), *vars(LLMRequest)) if not name.startswith("_")]
    assert [name for name in own if f"- `{name}" not in section] == []
