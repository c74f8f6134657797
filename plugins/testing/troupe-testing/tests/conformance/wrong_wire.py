"""A backend that is right on bad days, and one that is wrong on all of them: run by `test_the_kit.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson
from attrs import frozen

from troupe_core import ConnectionFailed, LLMBackend, LLMRequest, LLMResponse, ModelError, ModelUnavailable, Usage
from troupe_core import SecretRef as Ref
from troupe_testing import reply
from troupe_testing.conformance import WireConformance
from troupe_testing.server import ProtocolServer


@frozen
class Config:
    url: str = "https://api.acme.example/v1"
    key: Ref = Ref("env:ACME_API_KEY")


class Acme(LLMBackend, config=Config):
    wants = ("resilience",)

    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        body = {"model": request.model, "messages": request.plain_messages()}
        headers = {"authorization": f"Bearer {self.config.key.find() or 'none'}"}
        patience = aiohttp.ClientTimeout(call.timeout)
        try:
            async with (
                aiohttp.ClientSession(timeout=patience) as http,
                http.post(f"{self.config.url}/chat/completions", json=body, headers=headers) as answer,
            ):
                text = await answer.text()
                if answer.status >= 400:
                    raise ModelError.from_status(answer.status, text, answer.headers.get("retry-after"))
                told = orjson.loads(text)
                choice, counted = told["choices"][0], told["usage"]
                said = choice["message"]
                usage = Usage(counted["prompt_tokens"], counted["completion_tokens"])
                if said["refusal"]:
                    return LLMResponse(said["refusal"], usage, told["model"], "refusal")
                return LLMResponse(said["content"], usage, told["model"], choice["finish_reason"])
        except aiohttp.ClientConnectorError as error:
            raise ConnectionFailed(f"acme is not there: {error}") from None
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            raise ModelUnavailable(f"acme gave no answer: {error!r}. Ask again.") from None


class OfAcme(WireConformance):
    model, key_variable = "acme/large", "ACME_API_KEY"

    def settings_for(self, server: ProtocolServer) -> Mapping[str, Any]:
        return {"acme": {"url": server.base_url}}


class TestRight(OfAcme):
    plugin = Acme


class Dreaming(Acme):
    """It answers without having asked anybody."""

    name = "acme"

    async def complete(self, request: LLMRequest, call: Any) -> LLMResponse:
        return LLMResponse(orjson.dumps(reply("I had a dream.")).decode())


class TestDreams(OfAcme):
    fails = "test_a_bad_day"
    plugin = Dreaming
