"""`troupe plugin …`."""

from __future__ import annotations

from troupe_cli.lazy import LazyGroup
from troupe_cli.ours import Lazy

COMMANDS: Lazy = {
    "check": ("troupe_cli.commands.check:check", "Whether a plugin keeps to what is promised."),
    "graph": ("troupe_cli.commands.graph:graph", "Who stands around whom."),
    "info": ("troupe_cli.commands.info:info", "Everything about one plugin."),
    "list": ("troupe_cli.commands.list:list_plugins", "The plugins, what they bring, and why some take no part."),
    "new": ("troupe_cli.commands.new:new", "Begin a plugin."),
}

plugin = LazyGroup(
    "plugin",
    lazy=COMMANDS,
    help="Which plugins there are, what they bring, and how to write one.",
    no_args_is_help=True,
)
