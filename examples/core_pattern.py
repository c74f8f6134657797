"""The pattern that most studies follow, from beginning to end: cast, gather, ask, run, extract.

Run it where there is a demographics.json: `cd examples/people && ../../.venv/bin/python ../core_pattern.py`. No model
is named, so that puppets answer (see troupe-llm-rehearsal); TROUPE_MODEL=openai/… names a real one.
"""

from troupe_core import ResultsExtractor, TinyPersonFactory, TinyWorld, control

# 1. Session Management
control.begin("simulation_cache.json")

# 2. Agent Creation
factory = TinyPersonFactory.create_factory_from_demography("demographics.json")
agents = factory.generate_people(50)

# 3. Environment Setup
world = TinyWorld("Focus Group", agents, broadcast_if_no_target=False)

# 4. Simulation Execution
world.broadcast("Your question or stimulus here")
world.run(3)  # Multiple rounds

# 5. Checkpointing
control.checkpoint()

# 6. Results Extraction
extractor = ResultsExtractor(
    extraction_objective="Extract specific insights", fields=["response", "sentiment", "rating"]
)
results = extractor.extract_results_from_agents(agents)

# 7. Session Cleanup
control.end()

print(results)
