"""Every error that Troupe raises on purpose. Each says what happened, to what, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isfinite
from time import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from troupe_core.factories.casting import Uncast
    from troupe_core.findings.rows import Results
    from troupe_core.llm.response import Usage
    from troupe_core.people.person import TinyPerson
    from troupe_core.worlds.report import RunReport


class TroupeError(Exception):
    """The root of them all."""

    def __reduce__(self) -> tuple[object, ...]:
        """Made again without its arguments, which may be more than its message."""
        return _made_again, (type(self), self.args), self.__dict__


def _made_again(kind: type[TroupeError], args: tuple[object, ...]) -> TroupeError:
    return kind.__new__(kind, *args)


def told(error: BaseException) -> str:
    """An error in one line, with what was noted on its way."""
    notes = [str(note) for note in getattr(error, "__notes__", ())]
    return f"{type(error).__name__}: {error}" + (f" ({'; '.join(notes)})" if notes else "")


def by_reason(failed: Iterable[tuple[str, str]], most: int = 8) -> Iterator[str]:
    """Of who has failed and why, each reason once, behind those whom it has struck."""
    struck: dict[str, list[str]] = {}
    for who, why in failed:
        struck.setdefault(why, []).append(who)
    for why, several in struck.items():
        more = f" and {len(several) - most:,} more" if len(several) > most else ""
        yield f"{'; '.join(several[:most])}{more}: {why}"


def containable(error: BaseException) -> bool:
    """Whether what a stranger's code has raised is its own failure, of whatever kind. Nobody's are Ctrl-C, the end of
    memory or of a generator, and that we are being cancelled ourselves.
    """
    if isinstance(error, KeyboardInterrupt | MemoryError | GeneratorExit):
        return False
    if isinstance(error, Exception | SystemExit):
        return True
    import asyncio  # heavy, and at hand where anything can be cancelled

    try:
        task = asyncio.current_task()
    except RuntimeError:  # plain code
        task = None
    return not isinstance(error, asyncio.CancelledError) or task is None or not task.cancelling()


def as_exception(error: BaseException) -> Exception:
    """A stranger's failure as one that passes neither for our own wish to stop nor for the end of the process."""
    if isinstance(error, Exception):
        return error
    made = PluginError(f"{type(error).__name__}: {error}")
    made.__cause__, made.__notes__ = error, list(getattr(error, "__notes__", ()))
    return made


class ArgumentError(TroupeError, ValueError):
    """An argument that cannot be used; the message names it."""


class ConfigError(ArgumentError):
    """A setting that cannot be used; the message names the file and line, or the variable, that it comes from."""

    fatal = True


class SecretError(TroupeError, ValueError):
    """A secret that is not where it should be, or that was written down where only a reference to it belongs."""


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


class BudgetExceeded(SimulationError):
    """What may be spent has been spent. Everything up to here is kept, and a larger budget goes on from here."""

    fatal = True


class UnknownPrice(SimulationError):
    """There is a budget of money, and nobody knows what a model costs. It was not asked."""

    fatal = True


class RunStopped(SimulationError):
    """A run ended early. What is visible is the last whole step; `report` tells the rest."""

    def __init__(self, message: str, report: RunReport) -> None:
        super().__init__(message)
        self.report = report
        """What the run came to."""


class Unfinished(SimulationError):
    """Work for several that came to nothing for anybody, or that nobody else could get through either. `results` has
    what there is: the rows that came before, and everybody's failure.
    """

    def __init__(self, message: str, results: Results) -> None:
        super().__init__(message)
        self.results = results
        """The rows that were made, and `failures`."""


class ExtractionStopped(Unfinished):
    """Nothing could be drawn from anybody's transcript, or nothing more can be."""


class AskingStopped(Unfinished):
    """Nobody could be asked, or nobody else can be."""


class CastingStopped(SimulationError):
    """Nobody could be cast, or nobody else can be. Who came before is there."""

    def __init__(self, message: str, people: list[TinyPerson], failures: tuple[Uncast, ...]) -> None:
        super().__init__(message)
        self.people = people
        """Who came."""
        self.failures = failures
        """Who did not, and why."""


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
    passed_on = True
    """Whether the next of several models that are named is asked in its place."""
    advice = ""
    """What to do next, when all that is known is an HTTP answer."""

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
        """Of the HTTP answer, if there was one."""
        self.retry_after = retry_after
        """Seconds that the provider asks to wait."""
        self.usage = usage
        """What the attempt has cost all the same."""

    @staticmethod
    def from_status(
        status: int, body: str = "", retry_after: str | float | None = None, *, source: str = "the provider"
    ) -> ModelError:
        """The error that an HTTP answer stands for. `retry_after` is the header of that name, seconds or a date;
        `source` is who answered.
        """
        text = " ".join(body.split())[:500]
        kind = _kind_of(status, text.lower())
        return kind(
            f"{source} answered {status}: {text or 'no text'}. {kind.advice}",
            status=status,
            retry_after=_seconds(retry_after),
        )


TOO_LONG = (
    "context_length_exceeded",
    "exceed_context_size",
    "maximum context length",
    "context size",
    "context window",
    "prompt is too long",
)
"""How providers say that a prompt does not fit."""
FILTERED = ("content_filter", "content management policy", "content_policy_violation", "data_inspection_failed")
"""How they say that a filter has stopped it."""


def _kind_of(status: int, text: str) -> type[ModelError]:
    if status in (400, 403, 422) and any(sign in text for sign in FILTERED):
        return Refused
    if status == 413 or (status in (400, 422) and any(sign in text for sign in TOO_LONG)):
        return ContextTooLong
    if status in (401, 403):
        return AuthenticationError
    if status == 404:
        return UnknownModelError
    if status == 402 or (status == 429 and ("insufficient_quota" in text or "billing" in text)):
        return QuotaError
    if status == 429:
        return RateLimited
    if status in (408, 504):
        return ModelTimeout
    return ModelUnavailable if status >= 500 or status in (409, 425) else BadRequest


def _seconds(retry_after: str | float | None) -> float | None:
    """How long to wait, however it was said; None if it cannot be read, and the caller's own back-off decides."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            from email.utils import parsedate_to_datetime  # heavy, and rarely needed

            then = parsedate_to_datetime(str(retry_after))
        except ValueError:
            return None
        seconds = then.timestamp() - time()
    return max(0.0, seconds) if isfinite(seconds) else None


class AuthenticationError(ModelError):
    """The provider refused the key, or there is none. That is to be mended: no other model is asked instead."""

    fatal = True
    passed_on = False
    advice = "Check the key that the backend's settings refer to, and what it may be used for."


class QuotaError(ModelError):
    """The account has no credit left."""

    fatal = True
    advice = "Add credit to the account, or use another one; what was answered so far is kept."


class UnknownModelError(ModelError):
    """No backend, or no provider, knows a model of that name. That is to be mended: no other is asked instead."""

    fatal = True
    passed_on = False
    advice = "Check the model's name, as the provider spells it."


class BadRequest(ModelError):
    """The provider did not accept the request."""

    advice = "Asking again is of no use: the parameters or the prompt have to change."


class FormRefused(BadRequest):
    """The provider does not take the form in which an answer was wanted, or a parameter. A backend raises it when it
    will do with a looser form, or without, from now on: it is called again at once, and what was refused counts as an
    attempt.
    """


class ContextTooLong(BadRequest):
    """The request is longer than what the model can read at once."""

    advice = (
        "Use a model with a larger context, or shorten what is in it: the persona, what is perceived at once, the text "
        "that is worked on."
    )


class Refused(BadRequest):
    """The model, or a filter of its provider's, would not deal with what it was asked."""

    advice = (
        "Look at what it was asked: the persona and what was perceived last are the likeliest reasons. Word it "
        "differently, or name another model for it; of several that are named, each is asked in turn."
    )


class Unsupported(BadRequest):
    """The request needs what its model cannot do. Nothing was sent, and nothing spent."""

    advice = "Use a model that can, or leave it out."


class RateLimited(ModelError):
    """Too many requests for now."""

    retryable = True
    advice = "Ask for fewer at once (max_in_flight), or run it again later; what was answered so far is kept."


class ModelTimeout(ModelError):
    """The answer did not come in time."""

    retryable = True
    advice = "Ask again, or for fewer at once (max_in_flight)."


class ModelUnavailable(ModelError):
    """The provider failed, or could not be reached."""

    retryable = True
    advice = "Ask again later; what was answered so far is kept."


class ConnectionFailed(ModelUnavailable):
    """The provider could not be reached, or the connection to it broke."""

    advice = "See whether it is running, and whether its address in the settings is right."


class OutputError(ModelError):
    """The model answered, and was asked once more, but neither answer had the form that was asked for."""

    advice = "If it happens often, ask a model that follows instructions better."

    def __init__(self, message: str, *, raw: tuple[str, ...], problems: tuple[str, ...], usage: Usage) -> None:
        super().__init__(message, usage=usage)
        self.raw = raw
        """Both answers."""
        self.problems = problems
        """What was wrong with each."""


class AnswerRefused(OutputError, Refused):
    """A `Refused`, too: the model answered that it would not, and said so again when it was asked once more."""

    advice = Refused.advice
