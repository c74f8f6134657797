"""Several models of one provider, one behind the other, each within its own retries."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from troupe_core import (
    AuthenticationError,
    BadRequest,
    ModelTimeout,
    ModelUnavailable,
    RateLimited,
    Runtime,
    Simulation,
    TinyPerson,
)
from troupe_resilience import Plugin
from troupe_testing import ScriptedModel, VirtualLoop, talk, turn

ATTEMPTS = 3


@pytest.mark.parametrize(
    "error", [ModelUnavailable("down", status=503), ModelTimeout("late"), RateLimited("slow"), BadRequest("no")]
)
@pytest.mark.parametrize("failing", [1, 2])
def test_who_fails_is_asked_less_often_where_somebody_stands_by_and_who_is_asked_too_much_is_waited_for(
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
    times = {ModelUnavailable: 2, RateLimited: ATTEMPTS}.get(type(error), 1)
    asked = Counter(request.model for request, _ in model.requests)
    assert asked == {**dict.fromkeys(names[:failing], times), f"m{failing}": 1}


def test_when_many_have_gone_to_the_next_one_those_after_them_go_there_at_once(make_runtime: Callable[..., Runtime]):
    down = [True]

    def script(request: Any, call: Any) -> Any:
        return ModelUnavailable("down", status=503) if request.model == "a" and down[0] else turn(talk(request.model))

    model = ScriptedModel(script)
    settings = {"resilience": {"breaker_failures": 4, "breaker_pause": 10.0}}
    options: dict[str, Any] = {"settings": settings, "loop_factory": VirtualLoop}
    runtime = make_runtime(model, plugins=[Plugin], model=["scripted/a", "scripted/b"], **options)
    simulation = Simulation(runtime=runtime)
    ada = TinyPerson("Ada", simulation=simulation)
    for _ in range(5):
        ada.act()
    assert Counter(request.model for request, _ in model.requests) == {"a": 4, "b": 5}
    runtime.wait(lambda: asyncio.sleep(11), "…")
    down[0] = False
    assert [ada.act()[0].content for _ in range(2)] == ["a", "a"], "it is back"


def test_the_last_one_has_nobody_behind_it_and_is_asked_as_often_as_ever(make_runtime: Callable[..., Runtime]):
    model = ScriptedModel(lambda request, call: ModelUnavailable("down", status=503))
    models, settings = ["scripted/a", "scripted/b"], {"resilience": {"attempts": 5, "breaker_failures": 99}}
    runtime = make_runtime(model, plugins=[Plugin], model=models, settings=settings, loop_factory=VirtualLoop)
    with pytest.raises(ModelUnavailable):
        TinyPerson("Ada", simulation=Simulation(runtime=runtime)).act()
    assert Counter(request.model for request, _ in model.requests) == {"a": 2, "b": 5}


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
