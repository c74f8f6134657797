"""Our own commands: where each is, and a line about it."""

from __future__ import annotations

from typing import TypeAlias

Lazy: TypeAlias = dict[str, tuple[str, str]]
"""Commands by name: the place of each, which is loaded when the command is used, and its line in the list."""

OURS: Lazy = {
    "completion": ("troupe_cli.commands.completion:completion", "Print what lets a shell complete these commands."),
    "config": ("troupe_cli.commands.config:config", "What is set, and where."),
    "doctor": ("troupe_cli.commands.doctor:doctor", "What is wrong, and what to do about it."),
    "plugin": ("troupe_cli.commands.plugin:plugin", "Which plugins there are, and what they bring."),
}
