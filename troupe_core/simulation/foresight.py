"""What has to be known before a model is asked: the prices of all that may be asked, where money is limited; and it is
said if a purpose is named that is probably mistyped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from troupe_core.llm.accounts import unpriced
from troupe_core.llm.purposes import AS_THEMSELVES, meant
from troupe_core.simulation.packing import packing_of

if TYPE_CHECKING:
    from troupe_core.config.tree import Budget
    from troupe_core.simulation.changing import Changing


class Foresight:
    """Everything is looked at before the first call, and again whenever the budget is another one. Prices are also
    looked up again when somebody comes with a model of their own.
    """

    def __init__(self) -> None:
        self._budget: Budget | None = None
        """The budget for which everything is known."""
        self._own: frozenset[str] = frozenset()
        """The models of single people whose prices were looked up."""
        self._own_unknown = False
        """Whether somebody has come since with another one."""

    def meet(self, own_model: str | None) -> None:
        """Somebody has come, perhaps with a model of their own."""
        if own_model is not None and own_model not in self._own:
            self._own_unknown = True

    def check(self, simulation: Changing) -> None:
        """Look at whatever has not been looked at; raises `UnknownPrice`."""
        budget = simulation.meter.budget
        if self._budget is not budget:
            self._check_prices(simulation)
            _check_purposes(simulation)
            self._budget = budget
        elif self._own_unknown:
            self._check_prices(simulation)

    def _check_prices(self, simulation: Changing) -> None:
        """Of all models that are named for anything on which a limit of money bears."""
        budget, everything = simulation.meter.budget, simulation.runtime.everything.budget
        single = [purpose for purpose, limits in budget.purposes.items() if limits.money is not None]
        whole = any(each is not None and each.money is not None for each in (budget, budget.person, everything))
        own = _own_models(simulation) if whole or AS_THEMSELVES.intersection(single) else frozenset()
        for model in simulation.models.all_named(None if whole else single, own):
            if simulation.runtime.price_of(model) is None:
                raise unpriced(model, "there is a budget of money", simulation.meter.holder)
        self._own, self._own_unknown = own, False


def is_person(simulation: Changing, id: str | None) -> bool:
    """And not a factory, which asks as if it were one."""
    state = simulation.states.get(id) if id is not None else None
    return state is not None and packing_of(type(state)).kind == "person"


def _own_models(simulation: Changing) -> frozenset[str]:
    """What people name for themselves."""
    states = simulation.states
    named = (states[id].model for id in list(states) if is_person(simulation, id))
    return frozenset(model for model in named if model is not None)


def _check_purposes(simulation: Changing) -> None:
    """A limit or a model for a purpose that is almost one would do nothing, and nobody would know."""
    for table, purposes in (
        ("budget.purposes", simulation.meter.budget.purposes),
        ("models", simulation.models.purposes),
    ):
        for purpose in purposes:
            if close := meant(purpose):
                text = f"{table} names a purpose that only a faculty could have; did you mean {close}?"
                simulation.remark(purpose, text)
