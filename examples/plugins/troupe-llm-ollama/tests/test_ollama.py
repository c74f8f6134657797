from troupe_testing.conformance import LLMBackendConformance
from troupe_testing.server import ProviderDouble


class Double(ProviderDouble):
    """Ollama, played on this machine: how it words an answer."""

    def reply(self, said):
        counted = {"prompt_eval_count": said.input, "eval_count": said.output}
        return {"model": said.model, "message": {"content": said.text}, "done_reason": said.finish, **counted}


class TestOllama(LLMBackendConformance):
    plugin, provider = "troupe_llm_ollama", Double

    def settings_for(self, server):
        return {"url": server.url}
