"""Two people go shopping, with a purse each; what they mention is counted. The plugins have to be installed."""

from troupe_core import ResultsExtractor, Runtime, Simulation, TinyPerson
from troupe_testing import ScriptedModel, do, talk, turn

WISHES = {"Ana": ("two bottles of gazpacho", 7_00), "Ben": ("a kitchen", 9_000_00)}


def script(request, call):  # stands for a model; "ollama/…" is one, where Ollama runs
    news = request.messages[-1].content
    if "You have bought" in news:
        return turn(talk("A fair price, for a bottle."))
    if "You cannot pay" in news:
        return turn(talk("What a price! What a price, for a few boards."))
    what, cents = WISHES[call.person]
    return turn(do("BUY", what=what, cents=cents))


settings = {"purse": {"cents": 20_00}}
with Runtime([ScriptedModel(script)], model="scripted/any", settings=settings) as runtime, Simulation(runtime=runtime):
    people = [TinyPerson(name, mental_faculties=["purse"]) for name in WISHES]
    for person in people:
        person.listen_and_act("Go and buy what you need.")
    counted = ResultsExtractor("What is it about?", fields={"price": int, "bottle": int}, extractor="mentions")
    for person, row in zip(people, counted.extract_results_from_agents(people), strict=True):
        left = person.state.slices["purse"].cents
        print(f"{person.name}: {row['price']} × price, {row['bottle']} × bottle, {left / 100:.2f} left")
