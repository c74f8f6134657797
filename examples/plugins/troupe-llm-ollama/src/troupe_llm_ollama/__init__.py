"""Models that run on this machine, or on another one of yours, under Ollama."""

from attrs import frozen

from troupe_core import ConnectionFailed, LLMBackend, LLMResponse, ModelError, ModelTimeout, ModelUnavailable, Usage


@frozen
class Config:
    url: str = "http://127.0.0.1:11434"


class Ollama(LLMBackend, config=Config):
    name, free = "ollama", True

    async def open(self):
        import aiohttp  # where it is needed: a runtime imports every installed plugin

        self.aiohttp, self.http = aiohttp, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))  # 0: all

    async def aclose(self):
        await self.http.close()

    async def complete(self, request, call):
        url, given = f"{self.config.url}/api/chat", request.parameters.given()
        body = {"model": request.model, "messages": request.plain_messages(), "format": request.schema, "stream": False}
        body["options"] = {{"max_tokens": "num_predict"}.get(name, name): value for name, value in given.items()}
        try:
            async with self.http.post(url, json=body, timeout=self.aiohttp.ClientTimeout(call.timeout)) as answer:
                if answer.status >= 400:
                    raise ModelError.from_status(answer.status, await answer.text(), answer.headers.get("retry-after"))
                said = await answer.json()
            usage = Usage(said.get("prompt_eval_count", 0), said.get("eval_count", 0))
            return LLMResponse(said["message"]["content"], usage, said["model"], said["done_reason"])
        except TimeoutError:
            raise ModelTimeout(f"{url} took too long to answer as {request.model}") from None
        except self.aiohttp.ClientConnectorError as error:
            raise ConnectionFailed(f"{url} is not reached: {error}. Is Ollama running?") from None
        except (self.aiohttp.ClientError, ValueError, LookupError, TypeError) as error:
            raise ModelUnavailable(f"{url} gave no answer: {type(error).__name__}: {error}") from None
