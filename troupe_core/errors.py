"""Every error that Troupe raises on purpose. Each says what happened, to what, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from troupe_core.llm.response import Usage
    from troupe_core.worlds.report import RunReport


class TroupeError(Exception):
    """The root of them all."""


class ArgumentError(TroupeError, ValueError):
    """An argument that cannot be used; the message names it."""


class DuplicateName(ArgumentError):
    """Two things of one simulation cannot have the same name."""


# -- simulations -----------------------------------------------------------------------------------------------------


class SimulationError(TroupeError):
    """Something was asked of a simulation that it cannot do in its present state."""


class SimulationEnded(SimulationError):
    """The simulation has ended or was closed; its people can no longer change."""


class AmbiguousSimulation(SimulationError):
    """Several simulations are open, and none is current."""


class Busy(SimulationError):
    """The person or world is in the middle of something else."""


class CrossThingError(SimulationError):
    """A turn tried to change something other than its own person."""


class WrongThread(SimulationError):
    """The plain form of a call was used inside the runtime's own event loop, where it would wait for itself."""


class RunStopped(SimulationError):
    """A run ended early. What is visible is the last whole step; `report` tells the rest."""

    def __init__(self, message: str, report: RunReport) -> None:
        super().__init__(message)
        self.report = report


# -- the journal -----------------------------------------------------------------------------------------------------


class JournalError(TroupeError):
    """A journal cannot be opened, read or written. What was written before is whole."""

    fatal = True


class ReplayError(JournalError):
    """A run that was to be replayed from its journal came to something else, or asked for what is not recorded."""


# -- plugins ---------------------------------------------------------------------------------------------------------


class PluginError(TroupeError):
    """A plugin is missing, broken or at odds with another one."""


class TemplateError(TroupeError):
    """A prompt template that cannot be used."""


# -- models ----------------------------------------------------------------------------------------------------------


class ModelError(TroupeError):
    """A model could not be asked, or did not give a usable answer.

    `fatal` errors will not go away by asking again or asking for somebody else: they stop a run at once.
    """

    fatal = False
    retryable = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        usage: Usage | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.usage = usage

    @staticmethod
    def from_status(status: int, body: str = "", retry_after: str | float | None = None) -> ModelError:
        """The error that an HTTP answer stands for."""
        text = " ".join(body.split())[:500]
        lowered = text.lower()
        kind: type[ModelError]
        if status in (401, 403):
            kind = AuthenticationError
        elif status == 404:
            kind = UnknownModelError
        elif status == 402 or (status == 429 and ("insufficient_quota" in lowered or "billing" in lowered)):
            kind = QuotaError
        elif status == 429:
            kind = RateLimited
        elif status in (408, 504):
            kind = ModelTimeout
        elif status >= 500 or status in (409, 425):
            kind = ModelUnavailable
        else:
            kind = BadRequest
        try:
            wait = float(retry_after) if retry_after is not None else None
        except ValueError:  # an HTTP date: the caller's own back-off decides
            wait = None
        return kind(f"the provider answered {status}: {text or 'no text'}", status=status, retry_after=wait)


class AuthenticationError(ModelError):
    """The provider refused the key."""

    fatal = True


class QuotaError(ModelError):
    """The account has no credit left."""

    fatal = True


class UnknownModelError(ModelError):
    """No backend, or no provider, knows a model of that name."""

    fatal = True


class BadRequest(ModelError):
    """The provider did not accept the request."""


class RateLimited(ModelError):
    """Too many requests for now."""

    retryable = True


class ModelTimeout(ModelError):
    """The answer did not come in time."""

    retryable = True


class ModelUnavailable(ModelError):
    """The provider failed, or could not be reached."""

    retryable = True


class OutputError(ModelError):
    """The model answered, and was asked once more, but neither answer had the form that was asked for."""

    def __init__(self, message: str, *, raw: tuple[str, ...], problems: tuple[str, ...], usage: Usage) -> None:
        super().__init__(message, usage=usage)
        self.raw = raw
        self.problems = problems
