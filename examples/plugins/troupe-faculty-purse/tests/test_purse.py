from troupe_core import TinyPerson
from troupe_testing import do, talk, turn
from troupe_testing.conformance import FacultyConformance


class TestPurse(FacultyConformance):
    plugin = "troupe_faculty_purse"
    orders = [do("BUY", what="a bottle of gazpacho", cents=350)]


def test_what_is_bought_is_paid_for(make_simulation):
    def script(request, call):
        news = request.messages[-1].content
        if "You have bought" in news:
            return turn(talk("Soup it is, then."))
        soup = do("BUY", what="gazpacho", cents=3_50)
        return turn(soup if "You cannot pay" in news else do("BUY", what="a house", cents=100_000_00))

    simulation = make_simulation(script, plugins=["troupe_faculty_purse"], settings={"purse": {"cents": 10_00}})
    ada = TinyPerson("Ada", mental_faculties=["purse"], simulation=simulation)
    ada.listen_and_act("Buy something.")
    perceived = [fact.content for fact in simulation.facts if fact.kind == "observation"]
    assert perceived == ["You cannot pay 100000.00 for a house.", "You have bought gazpacho."]
    assert ada.state.slices["purse"].cents == 6_50
    assert "In your purse: 6.50" in str(ada.prompt())
