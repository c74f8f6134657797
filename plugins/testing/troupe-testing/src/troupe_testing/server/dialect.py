"""How a provider is spoken to: what it answers, and how it words an error. This one is OpenAI's."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Protocol

from troupe_testing.server.embeddings import embeddings
from troupe_testing.server.replies import as_reply, completion
from troupe_testing.server.requests import Request, key_in, masked
from troupe_testing.server.responses import Refused, Response, error

if TYPE_CHECKING:
    from troupe_testing.server.service import Settings


class Dialect(Protocol):
    """What a server speaks. Faults, latency, counts and captured requests are the same in all of them."""

    def key_in(self, headers: Mapping[str, str]) -> str:
        """The key that a request came with; nothing, if it has none."""
        ...

    async def answer(self, request: Request, key: str) -> Response:
        """What a request is answered when nothing goes wrong, or `Refused`."""
        ...

    def error(
        self, status: int, message: str = "", *, type: str = "", code: str | None = None, headers: dict[str, str]
    ) -> Response:
        """An error; what is not given is as usual for that status."""
        ...


class OpenAIDialect:
    """OpenAI's protocol, as others speak it too; also under Azure's paths."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def key_in(self, headers: Mapping[str, str]) -> str:
        return key_in(headers)

    def error(
        self, status: int, message: str = "", *, type: str = "", code: str | None = None, headers: dict[str, str]
    ) -> Response:
        return error(status, message, type=type, code=code, headers=headers)

    async def answer(self, request: Request, key: str) -> Response:
        _check_key(key, self.settings.keys)
        match request.method, _endpoint_of(request.path):
            case "POST", "chat/completions":
                _check_body(request, "messages")
                _check_model(request, self.settings.models)
                return await self._chat(request)
            case "POST", "embeddings":
                _check_body(request, "input")
                _check_model(request, self.settings.models)
                return embeddings(request)
            case "GET", "models":
                listed = [
                    {"id": name, "object": "model", "created": 0, "owned_by": "troupe-testing"}
                    for name in self.settings.models or ("test-model",)
                ]
                return Response.json({"object": "list", "data": listed})
        return not_found(request)

    async def _chat(self, request: Request) -> Response:
        made = self.settings.answer(request.body)
        return completion(as_reply(await made if inspect.isawaitable(made) else made), request)


def not_found(request: Request) -> Response:
    return error(404, f"Invalid URL ({request.method} {request.path})", code="unknown_url")


def _endpoint_of(path: str) -> str:
    """What stands behind the version, or behind Azure's name of a deployment."""
    if path.startswith("/v1/"):
        return path.removeprefix("/v1/")
    azure, found, rest = path.partition("/openai/deployments/")
    return rest.partition("/")[2] if found and not azure else ""


def _check_key(key: str, keys: Collection[str] | None) -> None:
    if keys is not None and key not in keys:
        message = f"Incorrect API key provided: {masked(key)}." if key else "You did not provide an API key."
        raise Refused(error(401, message, code="invalid_api_key"))


def _check_model(request: Request, models: Collection[str] | None) -> None:
    model = request.body["model"]
    if models is not None and model not in models:
        message = f"The model `{model}` does not exist or you do not have access to it."
        raise Refused(error(404, message, code="model_not_found"))


def _check_body(request: Request, needed: str) -> None:
    """Complete it as Azure does, whose model stands in the path."""
    body = request.body
    if not isinstance(body, dict):
        raise Refused(error(400, "The body of your request is not a JSON object."))
    if not body.get("model") and request.path.startswith("/openai/deployments/"):
        body["model"] = request.path.split("/")[3]
    if not isinstance(body.get("model"), str):
        raise Refused(error(400, "you must provide a model parameter", param="model"))
    if needed not in body:
        raise Refused(error(400, f"Missing required parameter: '{needed}'.", param=needed))
    if needed == "messages" and not (isinstance(body["messages"], list) and body["messages"]):
        raise Refused(error(400, "Invalid type for 'messages': expected a list that is not empty.", param="messages"))
