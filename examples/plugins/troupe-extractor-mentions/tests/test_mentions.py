from troupe_core import ResultsExtractor, TinyPerson
from troupe_testing import talk, turn
from troupe_testing.conformance import ExtractorConformance

FIELDS = {"price": int, "bottle": int}


class TestMentions(ExtractorConformance):
    plugin = "troupe_extractor_mentions"
    fields = FIELDS


def test_words_are_counted_in_what_somebody_says(make_simulation):
    words = ["The price! A bottle at that price?", "Bottles are heavy."]
    script = lambda request, call: turn(talk(words[call.turn]))  # noqa: E731
    ada = TinyPerson("Ada", simulation=make_simulation(script, plugins=["troupe_extractor_mentions"]))
    ada.listen_and_act("What is the price of a bottle?")
    ada.listen_and_act("Anything else?")
    row = ResultsExtractor("What is it about?", fields=FIELDS, extractor="mentions").extract_results_from_agent(ada)
    assert row == {"price": 2, "bottle": 2}
    assert [fact.content for fact in row.evidence["bottle"]] == words
