"""How often somebody mentions each of some words: `fields={"price": int, "bottle": int}`. No model is asked."""

import re

from troupe_core import ArgumentError, Extractor, ExtractorSpec, Finding, hookimpl


@hookimpl
def troupe_register_extractors():
    yield ExtractorSpec("mentions", "troupe_extractor_mentions:Mentions")


class Mentions(Extractor):
    async def extract(self, task, desk):
        if not task.fields:
            raise ArgumentError("mentions counts words: name them, as fields={'price': int}")
        said = [line for line in task.transcript.lines if line.fact.type == "TALK" and line.fact.source == task.of]
        counts, evidence = {}, {}
        for word in task.fields.names:
            pattern = re.compile(rf"\b{re.escape(word)}", re.IGNORECASE)
            lines = [line for line in said if pattern.search(line.fact.content)]
            counts[word] = sum(len(pattern.findall(line.fact.content)) for line in lines)
            evidence[word] = lines or said
        return [Finding(counts, evidence=evidence)]
