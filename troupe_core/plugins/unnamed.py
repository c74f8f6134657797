"""What is asked where nobody has named a model: the rehearsal, if no provider can have been meant. It stands in for no
model that somebody has named: a missing key is none of its business.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress

from troupe_core.errors import PluginError, TroupeError, UnknownModelError
from troupe_core.plugins.registry import Registry
from troupe_core.records import BackendSpec

BACKEND = "rehearsal"
STAND_IN = (f"{BACKEND}/default",)

log = logging.getLogger("troupe")


def instead(registry: Registry, purposes: Iterable[str]) -> tuple[str, ...]:
    """The rehearsal, or an error that says how to name a model. Who names models for `purposes`, or brings a backend,
    or has set up a provider, wants to be asked which one it is to be.
    """
    records = registry.records(BackendSpec)
    others = [(record.name, origin) for record, origin in records.all() if record.name != BACKEND]
    problem, named = "no model is named", sorted(purposes)
    advice = "give one as Runtime(model=…), Simulation(model=…) or in TROUPE_MODEL, as backend/model"
    if named:
        problem += f" but for {', '.join(named)}"
    elif all(origin.installed for _, origin in others):
        name, why = next(((name, why) for name, _ in others if (why := _set_up(registry, name))), ("", ""))
        if name:
            problem += f", and {name} is set up ({why})"
            advice = (
                f'say which of its models is to be asked, as Runtime(model="{name}/…"), as TROUPE_MODEL={name}/… or as '
                f'model = "{name}/…" in troupe.toml'
            )
        elif _can_stand_in(registry):
            return STAND_IN
    offered = ", ".join(records.names()) or "none"
    raise UnknownModelError(f"{problem}: {advice}. Backends that are installed: {offered}.")


def announced() -> bool:
    """Said, where it is going to be asked: for `Runtime.once`."""
    log.warning(
        "no model is named, and no provider is set up: %s answers, puppets that follow the words of their personas. "
        "What they say is marked as rehearsal, and is no evidence about people. For a real model write "
        'model = "backend/model" in troupe.toml, set TROUPE_MODEL, or give it as Runtime(model=…).',
        *STAND_IN,
    )
    return True


def _set_up(registry: Registry, backend: str) -> str:
    """How somebody has set up a backend, if anybody has: its settings have a table, or a secret is where it looks for
    one. Its SDK, if it has any, is not imported for that.
    """
    if registry.layers.has_table(backend):
        return f"there are settings for it: settings.{backend}"
    from troupe_core.config.listing import listed

    with suppress(TroupeError):  # what cannot be loaded, or is offered by two, is told to whoever names it
        config = registry.config(backend)
        for setting in () if config is None else listed(config, registry.layers, ("settings", backend)):
            if setting.secret is not None and setting.secret.find() is not None:
                return f"the secret at {setting.secret.place} is set"
    return ""


def _can_stand_in(registry: Registry) -> bool:
    """Whether the rehearsal is there, and costs nothing: whatever else bears its name has to be named."""
    with suppress(PluginError):  # it is offered by two
        found = registry.records(BackendSpec).get(BACKEND)
        return found is not None and found.free
    return False
