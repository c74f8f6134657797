"""What puppets choose follows from their personas: shown on pairs of a persona and a stimulus that nobody has seen."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from troupe_core import Form, LLMRequest, Message, Runtime, Simulation, Stream, TinyPerson, TinyWorld
from troupe_llm_rehearsal.backend import answer
from troupe_llm_rehearsal.scene import Persona

THINGS = re.findall(
    r"\w+",
    """
    accordion almond anchovy aquarium badminton bagpipe balloon banjo basil beetroot bicycle blanket bonsai bungalow
    cactus camel candle canoe caravan carnival castle cathedral cello cherry chess cinnamon clarinet coconut comet
    coriander crab cricket cucumber curry daisy dinosaur dolphin domino dragonfly drone falcon fern ferry fig
    flamenco fountain giraffe goose guitar hamster harbour harp hedgehog helicopter herring honey igloo jacket
    jigsaw juggler kayak kiwi lantern lavender leek lemon library lighthouse liquorice lobster lynx mango marathon
    marzipan melon mosque moth museum mushroom nettle oboe octopus olive onion opera orchid oyster padlock papaya
    parrot peach pebble penguin piano pickle pigeon pomegranate pottery pumpkin puppet puzzle quilt rabbit radish
    raspberry robot saffron salmon sauna saxophone scarf shrimp skateboard snail spinach squirrel submarine sundial
    swan tango tattoo tavern telescope thistle tractor trumpet tulip turnip turtle typewriter ukulele umbrella
    vanilla violin volcano walnut waltz whale windmill yoghurt zebra
""",
)
DOING = {
    "knit": "knitting", "bake": "baking", "cycle": "cycling", "swim": "swimming", "paint": "painting", "hike": "hiking",
    "sail": "sailing", "fish": "fishing", "juggle": "juggling", "garden": "gardening", "jog": "jogging",
    "row": "rowing", "carve": "carving", "climb": "climbing",
    "skate": "skating", "embroider": "embroidering", "study": "studying",
}  # fmt: skip
WORK = ("clerk", "diver", "engineer", "baker", "retired judge", "tailor", "pilot")
ABOUT = (
    "A new club in town is all about {}. What do you say?",
    "They want to open a shop with nothing but {} in our street.",
    "Would you spend Saturday with {}?",
    "There will be a magazine on {}, for 4.90 an issue. Would you subscribe?",
    "The council plans a festival of {}.",
)
SCHEMA = {
    "type": "object",
    "properties": {
        "rating": {"type": "integer", "minimum": 1, "maximum": 7},
        "would_join": {"type": "string", "enum": ["definitely not", "probably not", "maybe", "probably", "definitely"]},
        "for_it": {"type": "boolean"},
        "why": {"type": "string"},
    },
    "required": ["rating", "would_join", "for_it", "why"],
}


def inflected(thing: str, chance: Stream) -> str:
    if thing in DOING.values():
        verb = next(verb for verb, doing in DOING.items() if doing == thing)
        return chance.choice([thing, f"people who {verb}", thing.upper()])
    if thing.endswith("y") and thing[-2] not in "aeiou":
        return chance.choice([thing, f"{thing[:-1]}ies"])
    plural = f"{thing}es" if thing.endswith(("s", "x", "ch", "sh", "ss")) else f"{thing}s"
    return chance.choice([thing, plural, thing.title(), plural.title()])


def drawn(at: int) -> tuple[dict[str, Any], str, str, str]:
    """A persona, and three things to put before it: one liked, one disliked, one of which it says nothing."""
    chance = Stream(20261120, str(at), "pair", 0)
    pool = [*THINGS, *DOING.values()]
    chance.shuffle(pool)
    liked, disliked = pool[:3], pool[3:6]
    shape = [
        {"likes": liked, "dislikes": disliked},
        {"preferences": {"interests": liked, "dislikes": disliked}},
        {"hobbies": ", ".join(liked), "fears": [{"what": each} for each in disliked]},
        {"beliefs": [f"I love {each}." for each in liked], "aversions": disliked},
        {"description": f"Loves {liked[0]} and {liked[1]}. Hates {disliked[0]} and can't stand {disliked[1]}."},
    ][at % 5]
    persona = {"name": f"Nima{at} Doe", "age": 20 + at % 60, "occupation": WORK[at % len(WORK)], **shape}
    return persona, liked[at % 2], disliked[at % 2], pool[6]


def asked(persona: dict[str, Any] | None, text: str, **more: Any) -> dict[str, Any]:
    system = "You are somebody." + (f"\n\n{json.dumps(persona)}" if persona is not None else "")
    form = Form("rehearsal/default", schema=SCHEMA)
    made: dict[str, Any] = json.loads(
        answer(LLMRequest(form, (Message("system", system), Message("user", text)), **more))
    )
    return made


PAIRS = [drawn(at) for at in range(200)]


@pytest.fixture(scope="module")
def answers() -> list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Of each person: to what it likes, to what it dislikes, and to something else, in the same words."""
    out = []
    for at, (persona, *things) in enumerate(PAIRS):
        chance = Stream(7, str(at), "stimulus", 0)
        about = chance.choice(ABOUT)
        liked, disliked, other = (asked(persona, about.format(inflected(thing, chance))) for thing in things)
        out.append((liked, disliked, other))
    return out


def test_what_is_liked_beats_what_is_disliked(answers: Any):
    better = [liked["rating"] > disliked["rating"] for liked, disliked, _ in answers]
    assert sum(better) >= 0.95 * len(better)
    assert sum(liked["for_it"] and not disliked["for_it"] for liked, disliked, _ in answers) >= 0.95 * len(answers)
    assert sum(liked["would_join"].endswith("not") for liked, _, _ in answers) <= 0.05 * len(answers)


def test_a_stance_names_its_reason(answers: Any):
    named = [pair[1].lower() in liked["why"].lower() for pair, (liked, _, _) in zip(PAIRS, answers, strict=True)]
    assert sum(named) >= 0.75 * len(named)


def test_who_is_asked_makes_the_difference():
    """Two personas with their tastes swapped swap their answers."""
    swapped = 0
    for at, (_, liked, disliked, _) in enumerate(PAIRS):
        one = {"name": "Ada", "likes": [liked], "dislikes": [disliked]}
        other = {"name": "Ada", "likes": [disliked], "dislikes": [liked]}
        chance = Stream(9, str(at), "swap", 0)
        texts = [ABOUT[at % len(ABOUT)].format(inflected(thing, chance)) for thing in (liked, disliked)]
        (first, second), (third, fourth) = ([asked(who, text)["rating"] for text in texts] for who in (one, other))
        swapped += first > third and second < fourth and first > second and third < fourth
    assert swapped >= 0.95 * len(PAIRS)


def test_without_a_persona_nobody_has_an_opinion():
    for at, (_, liked, disliked, _) in enumerate(PAIRS):
        ratings = [asked(None, ABOUT[at % len(ABOUT)].format(thing))["rating"] for thing in (liked, disliked)]
        assert all(abs(rating - 4) <= 1 for rating in ratings)


def test_who_has_no_opinion_is_near_the_middle_and_not_always_in_it(answers: Any):
    ratings = Counter(other["rating"] for _, _, other in answers)
    assert sum(ratings[near] for near in (3, 4, 5)) >= 0.9 * len(answers)
    assert len(ratings) >= 3


def test_ratings_spread_over_the_scale(answers: Any):
    counts = Counter(each["rating"] for three in answers for each in three)
    assert set(counts) == set(range(1, 8))
    assert max(counts.values()) < 0.5 * sum(counts.values())


def test_another_draw_has_other_words_and_the_same_taste():
    persona, liked, _, _ = PAIRS[0]
    found = [asked(persona, ABOUT[0].format(liked), draw=draw) for draw in range(8)]
    assert len({each["why"] for each in found}) >= 4
    assert len({each["for_it"] for each in found}) == 1
    assert asked(persona, "Hm?", lane="Ada") == asked(persona, "Hm?", lane="Ada")


def test_no_sentence_comes_back_within_three_rounds():
    """Of people whom nobody has seen, forty at tables of five, from the word lists of the other tests."""
    for table in range(8):
        with Runtime(model="rehearsal/default", settings={"rehearsal": {"seed": table}}) as runtime:
            simulation = Simulation(runtime=runtime)
            seated = [PAIRS[5 * table + at] for at in range(5)]
            people = [TinyPerson(persona["name"], persona, simulation=simulation) for persona, *_ in seated]
            world = TinyWorld("Table", people, simulation=simulation).make_everyone_accessible()
            for at in range(3):
                world.broadcast(f"What do you say to {seated[at][1]} and {seated[at + 1][2]}?", source="Host").run(1)
            said = [fact.content for fact in simulation.facts if fact.type == "TALK"]
            counts = Counter(each.lower() for text in said for each in re.split(r"(?<=[.!?])\s+", text))
            assert [each for each, times in counts.items() if times > 1] == []
            assert len(said) == 15
            simulation.close()


@pytest.mark.parametrize(
    ("persona", "text", "sign"),
    [
        ({"likes": ["jazz"]}, "A bar without jazz.", -1),
        ({"dislikes": ["coriander"]}, "Soup without coriander.", 1),
        ({"dislikes": ["sugar"]}, "A sugar-free cake.", 1),
        ({"allergies": "peanuts"}, "A bar with peanut butter.", -1),
        ({"description": "She does not like mushrooms."}, "Mushroom soup", -1),
        ({"attitudes": {"nuclear power": "strongly against"}}, "A nuclear power station.", -1),
        ({"personality": {"traits": ["frugal"]}}, "A ticket for 90 euros.", -1),
        ({"увлечения": "x", "likes": ["рыбалка"]}, "Поедем на рыбалку?", 1),
        ({"dislikes": ["寿司"]}, "今日は寿司を食べましょう", -1),
        ({"goals": ["to open a bakery"]}, "A course for people who open bakeries.", 1),
    ],
)
def test_words_are_read_with_what_denies_them(persona: dict[str, Any], text: str, sign: int):
    score = Persona(persona).of(text).score
    assert score * sign > 0.05, score
