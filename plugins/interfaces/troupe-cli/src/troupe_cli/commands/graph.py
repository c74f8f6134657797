"""`troupe plugin graph`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from troupe_cli import printing
from troupe_cli.names import HookName
from troupe_cli.sessions import session
from troupe_core.plugins import CORE, Origin, hooks

if TYPE_CHECKING:
    from troupe_core import Runtime


@click.command()
@click.argument("hook", required=False, type=HookName())
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def graph(hook: str | None, as_json: bool) -> None:
    """Who stands around whom.

    For a hook that composes a handler: whose wrappers stand around it, the outermost first, down to the core's own. For
    a hook that collects: the plugins in the order in which they are registered.
    """
    runtime = session().runtime(quietly=True)
    described = [_described(runtime, name, composes) for name, composes in hooks().items() if hook in (None, name)]
    if as_json:
        printing.document({"hooks": described})
        return
    for number, each in enumerate(described):
        click.echo(("\n" if number else "") + "\n".join(_lines(each)))


def _described(runtime: Runtime, hook: str, composes: bool) -> dict[str, Any]:
    manager = runtime.plugins
    origins = [origin for origin, _, _ in manager.implementations(hook)]
    return {
        "hook": hook,
        "composes": composes,
        "plugins": [_plain(runtime, each) for each in ([*manager.wrappers(hook), *origins] if composes else origins)],
    }


def _plain(runtime: Runtime, origin: Origin) -> dict[str, Any]:
    asleep = origin.plugin in runtime.plugins.asleep
    return {
        "name": origin.plugin,
        "distribution": origin.distribution,
        "version": origin.version,
        "file": origin.file,
        "asleep": asleep,
        "but_for": runtime.registry.wanted_by(origin.plugin) if asleep else [],
        "built_in": origin.distribution == CORE,
    }


def _lines(described: dict[str, Any]) -> list[str]:
    composes = described["composes"]
    lines = [f"{described['hook']} ({'composes, the outermost first' if composes else 'collects, in this order'})"]
    for depth, each in enumerate(described["plugins"], start=1):
        where = f"{each['distribution']} {each['version']}".strip() or each["file"]
        sleeps = each["asleep"] and (composes or not described["hook"].startswith("troupe_register_"))
        about = f" ({where})" if where else ""
        if sleeps:
            about += f", asleep but for {', '.join(each['but_for'])}" if each["but_for"] else ", asleep"
        lines.append(f"{'  ' * (depth if composes else 1)}{each['name']}{about}")
    return lines if described["plugins"] else [*lines, "  nobody"]
