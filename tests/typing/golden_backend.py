"""The backend of the design's listing, as a stranger would write it: it type-checks as it stands.

This file is read by mypy and pyright and never run. An ignore in it says that there must be an error, for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Protocol, Self, assert_type

from attrs import frozen

from troupe_core import (
    BackendSpec,
    Call,
    Capabilities,
    LLMBackend,
    LLMHandler,
    LLMRequest,
    LLMResponse,
    Runtime,
    Usage,
    hookimpl,
)
from troupe_core.errors import ModelError


class Answer(Protocol):
    """As much of an HTTP client as the listing needs."""

    status: int
    headers: Mapping[str, str]

    async def text(self) -> str: ...
    async def json(self) -> Any: ...
    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Session:
    """Likewise."""

    def post(self, url: str, *, json: object, headers: Mapping[str, str]) -> Answer:
        raise NotImplementedError


@hookimpl
def troupe_register_llm_backends() -> Iterator[BackendSpec]:
    yield BackendSpec("acme", "troupe_llm_acme:Acme", cache_version=1, capabilities=Capabilities(json_schema=True))


@frozen
class Config:
    url: str = "https://api.acme.example/chat"
    key: str = ""


class Acme(LLMBackend, config=Config):
    async def open(self) -> None:
        self.http = Session()

    async def complete(self, request: LLMRequest, call: Call) -> LLMResponse:
        body = {"model": request.model, "messages": request.plain_messages(), "schema": request.schema}
        async with self.http.post(self.config.url, json=body, headers={"authorization": self.config.key}) as r:
            if r.status >= 400:
                raise ModelError.from_status(r.status, await r.text(), r.headers.get("retry-after"))
            d = await r.json()
        return LLMResponse(d["text"], Usage(d["in"], d["out"]), model=d["model"])


class Silent(LLMBackend):
    """What a backend answers with is an LLMResponse, and nothing else."""

    async def complete(self, request: LLMRequest, call: Call) -> str:  # type: ignore[override]
        return ""


async def one_can_be_given_to_a_runtime(backend: Acme, request: LLMRequest) -> None:
    handler: LLMHandler = backend
    assert_type(request.plain_messages(), list[dict[str, str]])
    assert_type(request.schema, Mapping[str, Any] | None)
    await handler.complete(request)  # type: ignore[call-arg]
    Runtime(plugins=[Acme, Acme(Config(url="http://here"))], model=["acme/chat", "other/chat"], settings={"acme": {}})
    Runtime([Acme], modle="acme/chat")  # type: ignore[call-arg]
    Runtime(model=5)  # type: ignore[arg-type]
    Capabilities(jsonschema=True)  # type: ignore[call-arg]
    request.draw = 3  # type: ignore[misc]
