"""Models that run on this machine, or on another one of yours, under Ollama."""

import asyncio

from attrs import frozen
from troupe_core import BackendSpec, LLMBackend, LLMResponse, ModelError, ModelTimeout, ModelUnavailable, Usage, hookimpl


@hookimpl
def troupe_register_llm_backends():
    yield BackendSpec("ollama", "troupe_llm_ollama:Ollama", free=True)


@frozen
class Config:
    url: str = "http://127.0.0.1:11434"


class Ollama(LLMBackend, config=Config):
    async def open(self):
        import aiohttp  # where it is needed: a runtime imports every installed plugin

        self.http, self.trouble = aiohttp.ClientSession(), aiohttp.ClientError

    async def aclose(self):
        await self.http.close()

    async def complete(self, request, call):
        body = {"model": request.model, "messages": request.plain_messages(), "format": request.schema, "stream": False}
        named = {"max_tokens": "num_predict"}
        body["options"] = {named.get(name, name): value for name, value in request.parameters.given().items()}
        try:
            async with asyncio.timeout(call.timeout), self.http.post(f"{self.config.url}/api/chat", json=body) as answer:
                if answer.status >= 400:
                    raise ModelError.from_status(answer.status, await answer.text(), answer.headers.get("retry-after"))
                said = await answer.json()
            usage = Usage(said["prompt_eval_count"], said["eval_count"])
            return LLMResponse(said["message"]["content"], usage, said["model"], said["done_reason"])
        except TimeoutError:
            raise ModelTimeout(f"ollama took too long to answer as {request.model}") from None
        except (self.trouble, ValueError, LookupError, TypeError) as error:
            raise ModelUnavailable(f"ollama at {self.config.url} gave no answer: {error}") from None
