"""Whether a budget will do for what a run is estimated to take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from troupe_core import Budget
from troupe_core.config import Limits
from troupe_core.llm import billionths, dollars, usd
from troupe_core.llm.embedding import EMBEDDING
from troupe_core.llm.meter import UNASKED, UNASKED_MONEY, Everything, Meter
from troupe_core.llm.purposes import PURPOSES, doubt
from troupe_study.estimating import Estimate, Part
from troupe_study.words import counted

LIMITED = (*PURPOSES, EMBEDDING)
"""Whoever embeds texts names the model, so that none is named for it."""

Short = tuple[tuple[str, ...], str]
"""Where in the settings a limit stands, and why it will not do."""


def short(budget: Budget, everything: Limits | None, estimate: Estimate) -> Iterator[Short]:
    """Which limits will not do: of one run, of all that a runtime spends, and those that hold where nobody says any."""
    yield from _short(("budget",), budget, estimate.whole)
    for purpose, limits in budget.purposes.items():
        if purpose in estimate.parts:
            yield from _short(("budget", "purposes", purpose), limits, estimate.parts[purpose])
    if budget.person is not None:
        yield from _short_of_people(budget.person, estimate)
    if everything is not None:
        yield from _short(("budget", "runtime"), everything, estimate.whole)
    yield from _short_unasked(Meter(budget, Everything(everything)), estimate.whole)


def idle(budget: Budget, models: Iterable[str]) -> Iterator[Short]:
    """Which limits, and which models, are for purposes that perhaps nobody has."""
    for purpose in budget.purposes:
        if why := doubt(purpose, LIMITED):
            yield ("budget", "purposes", purpose), why
    for purpose in models:
        if why := doubt(purpose):
            yield ("models", purpose), why


def _short(path: tuple[str, ...], limits: Limits, part: Part) -> Iterator[Short]:
    if limits.calls is not None and part.calls > limits.calls:
        yield (*path, "calls"), f"{counted(limits.calls, 'call')} will not do for {part.calls:,}"
    tokens = part.input + part.output
    if limits.tokens is not None and tokens > limits.tokens:
        yield (*path, "tokens"), f"{counted(limits.tokens, 'token')} will not do for about {tokens:,}"
    if limits.money is None:
        return
    if part.unpriced:
        models = " and ".join(part.unpriced)
        why = f"nobody knows what {models} costs: say it in the settings, in [prices], or limit the calls"
        yield (*path, "money"), why
    if not part.uncounted and part.known > billionths(limits.money):
        yield (*path, "money"), f"{dollars(limits.money)} will not do for {usd(part.known)}"


def _short_of_people(limits: Limits, estimate: Estimate) -> Iterator[Short]:
    """Of each limit the first of the people for whom it will not do, and how many others there are."""
    found: dict[tuple[str, ...], list[str]] = {}
    for who, part in estimate.of_people.items():
        for path, why in _short(("budget", "person"), limits, part):
            found.setdefault(path, []).append(f"{why}, for {who}")
    for path, (why, *others) in found.items():
        yield path, f"{why} and {counted(len(others), 'other')}" if others else why


def _short_unasked(meter: Meter, whole: Part) -> Iterator[Short]:
    if not meter.unlimited:
        return
    if whole.known > billionths(UNASKED_MONEY):
        most = f"at {dollars(UNASKED_MONEY)}, which will not do for {usd(whole.known)}"
        yield ("budget", "money"), f"{meter.unasked}, so that the run stops {most}"
    if whole.uncounted > UNASKED:
        most = f"at {UNASKED:,} calls of unknown price, which will not do for {whole.uncounted:,}"
        yield ("budget", "calls"), f"{meter.unasked}, so that the run stops {most}"
