"""Relative paths in settings: each is relative to the file that says it, else to the working folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from troupe_core.secrets import SecretRef

Folder = Callable[[Sequence[str]], Path]


def rooted(value: Any, folder: Folder, within: tuple[str, ...]) -> Any:
    """Settings whose paths are absolute: every value that is a `Path`, and the files that secrets are in. `folder` says
    what is relative in the setting of a path.
    """
    if isinstance(value, Path):
        return folder(within) / value.expanduser()
    if isinstance(value, SecretRef):
        return value.rooted(folder(within))
    if isinstance(value, Mapping):
        return _unless_same(value, {key: rooted(each, folder, (*within, str(key))) for key, each in value.items()})
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return _unless_same(value, type(value)(rooted(each, folder, within) for each in value))
    if attrs.has(type(value)):
        fields = [field for field in attrs.fields(type(value)) if field.init]
        made = {f.alias: rooted(getattr(value, f.name), folder, (*within, f.name)) for f in fields}
        changed = {f.alias: made[f.alias] for f in fields if made[f.alias] is not getattr(value, f.name)}
        return attrs.evolve(value, **changed) if changed else value
    return value


def _unless_same(before: Any, after: Any) -> Any:
    return before if after == before else after
