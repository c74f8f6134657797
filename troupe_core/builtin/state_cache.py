"""The state cache: a wrapper around transactions that knows what they came to before.

It acts whenever a simulation has a journal; `cache=False` turns it off, and everything is still recorded.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from troupe_core.hookspecs import hookimpl
from troupe_core.simulation.transaction import Outcome, Transaction, TransactionHandler

if TYPE_CHECKING:
    from troupe_core.runtime import Runtime


class StateCache:
    """Same key, same outcome: it is restored, and nothing is executed."""

    def __init__(self, config: None, runtime: Runtime) -> None:
        self._runtime = runtime

    @hookimpl(wrapper=True)
    def troupe_transaction_handler(self, kind: str) -> Generator[None, TransactionHandler, TransactionHandler]:
        inner = yield
        simulations = self._runtime.simulations

        async def remembered(tx: Transaction) -> Outcome:
            simulation = simulations.get(tx.simulation)
            recorder = simulation.recorder if simulation is not None else None
            if recorder is None:
                return await inner(tx)
            found = recorder.find(tx)
            return found if found is not None else recorder.record(tx, await inner(tx))

        return remembered
