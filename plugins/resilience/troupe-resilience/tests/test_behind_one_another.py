"""Several models of one provider, one behind the other, each within its own retries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from troupe_core import AuthenticationError, BadRequest, ModelUnavailable, RateLimited, Runtime, Simulation, TinyPerson
from troupe_resilience import Plugin
from troupe_testing import ScriptedModel, VirtualLoop, talk, turn

ATTEMPTS = 3


@pytest.mark.parametrize("error", [ModelUnavailable("down", status=503), RateLimited("slow"), BadRequest("no")])
@pytest.mark.parametrize("failing", [1, 2])
def test_each_that_fails_is_asked_as_often_as_it_may_be_and_the_next_one_answers(
    make_runtime: Callable[..., Runtime], error: Exception, failing: int
):
    names = ["m0", "m1", "m2"]

    def script(request: Any, call: Any) -> Any:
        return error if names.index(request.model) < failing else turn(talk(request.model))

    model = ScriptedModel(script)
    runtime = make_runtime(
        model,
        plugins=[Plugin],
        model=[f"scripted/{name}" for name in names],
        settings={"resilience": {"attempts": ATTEMPTS}},
        loop_factory=VirtualLoop,
    )
    ada = TinyPerson("Ada", simulation=Simulation(runtime=runtime))
    (said,) = ada.act()
    assert said.content == f"m{failing}"
    assert said.substitute is not None
    assert said.substitute.why == f"{type(error).__name__}: {error}"
    times = ATTEMPTS if getattr(error, "retryable", False) else 1
    asked = Counter(request.model for request, _ in model.requests)
    assert asked == {**dict.fromkeys(names[:failing], times), f"m{failing}": 1}


def test_a_refused_key_is_tried_once_and_no_other_model_asked(make_runtime: Callable[..., Runtime]):
    model = ScriptedModel(lambda request, call: AuthenticationError("no key"))
    runtime = make_runtime(
        model,
        plugins=[Plugin],
        model=["scripted/a", "scripted/b"],
        settings={"resilience": {}},
        loop_factory=VirtualLoop,
    )
    with pytest.raises(AuthenticationError):
        TinyPerson("Ada", simulation=Simulation(runtime=runtime)).act()
    assert model.calls == 1
