"""Whether to ask once more, and when."""

from __future__ import annotations

from collections.abc import Callable

from troupe_core import ModelError, ModelTimeout, RateLimited
from troupe_resilience.config import Policy


def backoff(policy: Policy, attempt: int) -> float:
    """Seconds within which to ask again after so many attempts: each time twice as many."""
    return float(min(policy.longest_wait, policy.first_wait * 2 ** min(attempt - 1, 60)))


def wait(policy: Policy, attempt: int, error: ModelError, chance: Callable[[], float]) -> float:
    """Seconds to wait after this attempt has failed with something that may succeed the next time. Anything within the
    back-off is as likely as anything else, so that those who failed together do not come back together; if the provider
    has said how long to wait, that comes on top.
    """
    return (error.retry_after or 0.0) + backoff(policy, attempt) * chance()


def why_not(policy: Policy, attempt: int, error: ModelError, *, standby: bool = False) -> str:
    """Why it is not asked once more, in words; nothing if it is. With a `standby` there is somebody else to ask."""
    times = "once" if attempt == 1 else f"{attempt} times"
    if attempt >= policy.attempts:
        return f"It was asked {times} (settings.resilience.attempts)."
    if standby and not isinstance(error, RateLimited):
        if isinstance(error, ModelTimeout):
            return "It has had its time, and another model stands by."
        if attempt >= policy.attempts_with_standby:
            return f"It was asked {times}, and another model stands by (settings.resilience.attempts_with_standby)."
    asked = error.retry_after
    if asked is not None and asked > policy.longest_wait:
        return (
            f"The provider wants {asked:.0f} s to pass before it is asked again, and no wait is longer than "
            f"{policy.longest_wait:g} s (settings.resilience.longest_wait)."
        )
    return ""
