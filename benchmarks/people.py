"""Seeded personas and utterances for the benchmarks: as large and as varied as real ones, and cheap to generate.

What a framework of simulated people costs in memory, storage and prompts depends on how large personas are and on how
well they compress.  Copies of one persona, or sentences drawn from a short list, would flatter every cache,
deduplicating store and compressed file.  So no text is repeated here: each sentence is composed from a grammar with
large word lists (`benchmarks._words`) in which every second word or so is a choice of its own.  Two persons share
hardly any sentence, and the text compresses about as well as English prose does.

Everything is a function of its arguments: ``person(7)`` is the same on every machine and in every process, however
many others are generated, and no two persons of one seed have the same name.

    python -m benchmarks.people      prints one persona in brief, and measured statistics
"""

import json
import lzma
import random
import re
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from benchmarks import _words

T = TypeVar("T")
Option = str | tuple[str, tuple[str, ...]]  # text, or a "%s" format and the symbols that fill it
Grammar = dict[str, tuple[Option, ...]]
Draw = Callable[[], float]  # a random number from 0 up to 1; random() is the same in every version of Python

CHARACTERS = 5900  # of the compact JSON of one person, on average
SPREAD = 0.05  # a person's own target is within this share of that
THIS_YEAR = 2024
STRIDE = 2**61 - 1  # a prime: i * STRIDE % n visits every value below n once

# Where the text of a persona goes, which symbol of the grammar writes it, and about how many entries a persona of
# the standard size has there.
FIELDS = (
    ("education", "education", 3),
    ("goals", "goal", 5),
    ("work", "job", 5),
    ("style", "style", 3),
    ("traits", "trait", 7),
    ("interests", "interest", 8),
    ("likes", "like", 6),
    ("dislikes", "dislike", 6),
    ("skills", "skill", 5),
    ("beliefs", "belief", 8),
    ("general", "general", 6),
    ("morning", "morning", 3),
    ("workday", "workday", 4),
    ("evening", "evening", 3),
    ("weekend", "weekend", 3),
    ("health", "health", 2),
    ("facts", "fact", 7),
)
PROSE = {"education", "work", "style", "health"}  # sentences in one text; the other fields are lists
PHRASES = {"interests", "likes", "dislikes", "skills"}  # no full stop
BIG_FIVE = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
OUTLINE = tuple((field, symbol) for field, symbol, entries in FIELDS for _ in range(entries))


# The grammar: from the text of `_words` to options that expand fast


def _lines(block: str) -> list[str]:
    """The lines of a block of words, an indented line being part of the one above it."""
    return block.strip().replace("\n ", "").split("\n")


def _with_article(word: str) -> str:
    return ("an " if word[0] in "aeiouAEIOU" else "a ") + word


def _with_s(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|z|ch|sh)$", word) else "s")


def _with_ing(verb: str) -> str:
    if re.fullmatch(r"[^aeiou]*[aeiou][bdgmnprt]", verb):
        return verb + verb[-1] + "ing"
    return re.sub(r"(?<=[^e])e$", "", verb) + "ing"


INFLECTIONS: dict[str, Callable[[str], str]] = {"a": _with_article, "ing": _with_ing, "does": _with_s, "s": _with_s}


def _inflected(option: str, prefix: str) -> str:
    """The option with its first word (its last one for "s") inflected, or the symbol in that place prefixed."""
    words = option.split(" ")
    at = -1 if prefix == "s" else 0
    words[at] = f"{{{prefix}:{words[at][1:]}" if words[at].startswith("{") else INFLECTIONS[prefix](words[at])
    return " ".join(words)


def _compiled(texts: dict[str, list[str]], names: Iterable[str]) -> Grammar:
    """The symbols of these names, such as "verb" or "ing:verb", and all that they lead to."""
    grammar: Grammar = {}
    pending = list(names)
    while pending:
        name = pending.pop()
        prefix, _, symbol = name.rpartition(":")
        if name in grammar or symbol not in texts:  # those not in texts are added for each person
            continue
        options = [_inflected(option, prefix) if prefix else option for option in texts[symbol]]
        grammar[name] = tuple(_parsed(option) for option in options)
        pending += [slot for option in grammar[name] if not isinstance(option, str) for slot in option[1]]
    return grammar


def _parsed(option: str) -> Option:
    slots = tuple(re.findall(r"\{([\w:]+)\}", option))
    return (re.sub(r"\{[\w:]+\}", "%s", option), slots) if slots else option


def _expand(grammar: Grammar, symbol: str, draw: Draw) -> str:
    """One option of a symbol, chosen at random, and so are those that its slots stand for."""
    options = grammar[symbol]
    return _filled(grammar, options[int(draw() * len(options))], draw)


def _filled(grammar: Grammar, option: Option, draw: Draw) -> str:
    if isinstance(option, str):
        return option
    return option[0] % tuple([_expand(grammar, slot, draw) for slot in option[1]])


def _pick(options: Sequence[T], draw: Draw) -> T:
    return options[int(draw() * len(options))]


def _sentence(text: str, stop: str = ".") -> str:
    return text[0].upper() + text[1:] + ("" if text.endswith("?") else stop)


def _digits(i: int, seed: int, bases: Sequence[int]) -> list[int]:
    """One digit per base, a different row of digits for each i below the product of the bases, in a scattered order."""
    total = 1
    for base in bases:
        total *= base
    value = (i * STRIDE + zlib.crc32(str(seed).encode())) % total
    digits = []
    for base in bases:
        value, digit = divmod(value, base)
        digits.append(digit)
    return digits


# The words


class Country(NamedTuple):
    name: str
    nationality: str
    joint: str  # between two given names
    cities: list[str]
    given: tuple[list[str], list[str]]  # of men and of women
    family: list[str]
    grammar: Grammar


class Sector(NamedTuple):
    titles: list[str]
    organizations: list[str]
    grammar: Grammar


def _countries() -> list[Country]:
    lines = _lines(_words.COUNTRIES)
    everywhere = [city for line in lines[1::5] for city in line.split(",")]
    countries = []
    for at in range(0, len(lines), 5):
        name, nationality, joint = lines[at].replace("_", " ").split("|")
        cities, men, women, family = (line.split(",") for line in lines[at + 1 : at + 5])
        grammar: Grammar = {"city": (*cities * 3, *everywhere), "given": (*men, *women), "family": tuple(family)}
        countries.append(Country(name, nationality, joint, cities, (men, women), family, grammar))
    return countries


def _sector(line: str) -> Sector:
    _, titles, kinds, verbs, objects = (part.split("/") for part in line.split("|"))
    tasks = [f"{verb} {thing}" for verb in verbs for thing in objects]
    organizations = [f"{name} {kind}" for name in _words.ORGANIZATIONS.split() for kind in kinds]
    return Sector(titles, organizations, _compiled({"task": tasks}, ("task", "ing:task", "does:task")))


def _texts() -> dict[str, list[str]]:
    texts = {symbol: options.split("/") for symbol, options in (line.split(": ", 1) for line in _lines(_words.GRAMMAR))}
    texts["number"] = ["two", "three", "four", "five", "six", "seven", "eight", "nine", *map(str, range(10, 100))]
    texts["age"] = [str(age) for age in range(19, 91)]
    for symbol, first, last in (("clock", 7, 22), ("dawn", 5, 9), ("noon", 10, 16), ("dusk", 18, 23)):
        texts[symbol] = [f"{hour}:{minute:02}" for hour in range(first, last + 1) for minute in range(0, 60, 5)]
    prices = [f"€{euros}.{cents}" for euros in range(2, 60) for cents in (20, 49, 50, 80, 90, 95, 99)]
    texts["money"] = prices + [f"€{euros}" for euros in range(60, 990)]
    return texts


TEXTS = _texts()
GRAMMAR = _compiled(TEXTS, TEXTS)
COUNTRIES = _countries()
SECTORS = [_sector(line) for line in _lines(_words.SECTORS)]
NAME_BASES = (len(COUNTRIES), 2, len(COUNTRIES[0].family), len(COUNTRIES[0].given[0]), len(COUNTRIES[0].given[0]))
NAMES = NAME_BASES[0] * NAME_BASES[1] * NAME_BASES[2] * NAME_BASES[3] * NAME_BASES[4]  # 124,416


# Persons


def people(n: int, *, seed: int = 0, characters: int = CHARACTERS) -> Iterator[dict[str, object]]:
    """The first n persons of a seed, of so many characters of compact JSON each on average."""
    return (person(i, seed, characters) for i in range(n))


def person(i: int, seed: int = 0, characters: int = CHARACTERS) -> dict[str, object]:
    """Person i of a seed.  The sizes are as promised from about 3,000 characters up."""
    return _Writer(i, seed, characters).persona()


def _name(i: int, seed: int) -> tuple[Country, int, str]:
    """The country, the sex (0 male, 1 female) and the name of person i, no name twice: the 124,417th is a "II"."""
    country_at, sex, *at = _digits(i, seed, NAME_BASES)
    country = COUNTRIES[country_at]
    family, first, second = country.family[at[0]], country.given[sex][at[1]], country.given[sex][at[2]]
    given = first if first == second else f"{first}{country.joint}{second}"
    return country, sex, f"{given} {family}" + (f" I{'I' * (i // NAMES)}" if i >= NAMES else "")


class _Writer:
    """Writes one person, who has cities, friends, years and work of their own."""

    def __init__(self, i: int, seed: int, characters: int) -> None:
        self.draw = random.Random(f"{seed}/{i}").random
        self.scale = characters / CHARACTERS
        self.target = characters * (1 + SPREAD * (2 * self.draw() - 1))
        self.origin, self.sex, self.name = _name(i, seed)
        self.home = self.origin if self.draw() < 0.8 else _pick(COUNTRIES, self.draw)
        self.sector = _pick(SECTORS, self.draw)
        self.age = 18 + int(34 * (self.draw() + self.draw()))
        years = tuple(str(year) for year in range(THIS_YEAR - self.age + 10, THIS_YEAR + 1))
        self.grammar: Grammar = {**GRAMMAR, **self.home.grammar, **self.sector.grammar, "year": years}
        self.turns: dict[str, int] = {}
        self.written: set[str] = set()

    def persona(self) -> dict[str, object]:
        """The whole person: a share of each field first, then entries anywhere until the size is right."""
        text: dict[str, list[str]] = {field: [] for field, _, _ in FIELDS}
        frame = self.frame()
        size = len(_compact(self.assembled(frame, text)))
        share = 0.7 * self.scale
        planned = [(field, symbol) for field, symbol, count in FIELDS for _ in range(max(1, int(count * share)))]
        while planned or size < self.target - 30:  # half an entry: the sizes miss their targets evenly
            field, symbol = planned.pop() if planned else _pick(OUTLINE, self.draw)
            entry = self.unwritten(symbol, "" if field in PHRASES else ".")
            text[field].append(entry)
            size += len(entry) + (1 if field in PROSE else 3)
        return self.assembled(frame, text)

    def unwritten(self, symbol: str, stop: str = ".") -> str:
        """An entry that this person does not have yet.  The templates of a symbol take turns, from a random one on."""
        options = self.grammar[symbol]
        turn = self.turns.get(symbol, int(self.draw() * len(options)))
        while (entry := _sentence(_filled(self.grammar, options[turn], self.draw), stop)) in self.written:
            turn = (turn + 1) % len(options)
        self.turns[symbol] = (turn + 1) % len(options)
        self.written.add(entry)
        return entry

    def frame(self) -> dict[str, object]:
        """What a person has one of."""
        pick, draw = _pick, self.draw
        return {
            "gender": "non-binary" if draw() < 0.02 else ("male", "female")[self.sex],
            "city": pick(self.home.cities, draw),
            "title": pick(self.sector.titles, draw),
            "organization": pick(self.sector.organizations, draw),
            "big_five": {factor: self.unwritten(factor) for factor in BIG_FIVE},
            "relationships": [self.relationship() for _ in range(max(1, round(self.scale * (2 + 2 * draw()))))],
        }

    def relationship(self) -> dict[str, str]:
        given = _pick(_pick(self.home.given, self.draw), self.draw)
        return {"name": f"{given} {_pick(self.home.family, self.draw)}", "description": self.unwritten("bond")}

    def assembled(self, frame: dict[str, object], text: dict[str, list[str]]) -> dict[str, object]:
        work = [f"You are {_with_article(str(frame['title']))} at {frame['organization']}.", *text["work"]]
        return {
            "name": self.name,
            "age": self.age,
            "gender": frame["gender"],
            "nationality": self.origin.nationality,
            "residence": f"{frame['city']}, {self.home.name}",
            "country_of_residence": self.home.name,
            "education": " ".join(text["education"]),
            "long_term_goals": text["goals"],
            "occupation": {
                "title": _sentence(str(frame["title"]), ""),
                "organization": frame["organization"],
                "description": " ".join(work),
            },
            "style": " ".join(text["style"]),
            "personality": {"traits": text["traits"], "big_five": frame["big_five"]},
            "preferences": {field: text[field] for field in ("interests", "likes", "dislikes")},
            "skills": text["skills"],
            "beliefs": text["beliefs"],
            "behaviors": {
                "general": text["general"],
                "routines": {part: text[part] for part in ("morning", "workday", "evening", "weekend")},
            },
            "health": " ".join(text["health"]),
            "relationships": frame["relationships"],
            "other_facts": text["facts"],
        }


# Utterances


def _by_length() -> list[list[str]]:
    """For each number of words, the fillers of at most so many words, without the short ones where longer ones fit."""
    fillers = [(filler.count(" ") + 1, _sentence(filler)) for filler in TEXTS["filler"]]
    longest = max(length for length, _ in fillers)
    return [[text for length, text in fillers if most / 2 <= length <= most] for most in range(longest + 1)]


FILLERS = _by_length()
CLAIM = tuple(TEXTS[symbol] for symbol in ("opener", "deal", "money", "objadj", "object"))
CLAIM_BASES = tuple(len(options) for options in CLAIM)


def speech(i: int, words: int, *, seed: int = 0) -> str:
    """Utterance i of a seed, of exactly so many words (at least 1), and different from that of any other i.

    It begins with a claim about a price, a different one for each i below four billion, and goes on with small talk.
    Where the claim is too long, a price in cents tells the utterances apart.
    """
    draw = random.Random(f"{seed}/{i}").random
    said = _claim(i, seed)
    left = words - said.count(" ") - 1
    if left < 0:
        price = f"€{i // 100}.{i % 100:02}."
        said = price if words == 1 else f"Only {price}" if words == 2 else f"Make it {price}"
        left = words - said.count(" ") - 1
    while left > 0:
        text = _sentence(_expand(GRAMMAR, "talk", draw))
        if text.count(" ") >= left:
            text = _pick(FILLERS[min(left, len(FILLERS) - 1)], draw)
        said += " " + text
        left -= text.count(" ") + 1
    return said


def _claim(i: int, seed: int) -> str:
    digits = _digits(i, seed, CLAIM_BASES)
    opener, deal, money, kind, thing = (words[at] for words, at in zip(CLAIM, digits, strict=True))
    return _sentence(f"{opener}, {deal.replace('{money}', money)} {_with_article(kind)} {thing}")


# Statistics


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _entries(value: object) -> Iterator[str]:
    """The list entries and the sentences of a persona or of a part of it."""
    if isinstance(value, str):
        yield from re.split(r"(?<=\.) ", value)
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _entries(part)


def _packed(packed: Callable[[bytes], bytes], text: str) -> float:
    data = text.encode()
    return len(packed(data)) / len(data)


def _timed(make: Callable[[int], object], n: int) -> float:
    """Microseconds per call."""
    start = time.perf_counter()
    for i in range(n):
        make(i)
    return (time.perf_counter() - start) / n * 1e6


def _summary(value: object, name: str = "", depth: int = 0) -> Iterator[str]:
    """A persona in brief: of each list its length and its first entry."""
    label = "  " * depth + (f"{name}: " if name else "")
    if isinstance(value, dict):
        yield label
        for key, part in value.items():
            yield from _summary(part, key, depth + 1)
    elif isinstance(value, list):
        yield f"{label}{len(value)} such as: {_compact(value[0])}"
    else:
        yield f"{label}{value}"


def _zlib6(data: bytes) -> bytes:
    return zlib.compress(data, 6)


def main() -> None:
    """Print one persona in brief, and the sizes, the share of duplicates, the compression and the cost of many."""
    print("\n".join(_summary(person(1))), end="\n\n")
    for i in range(3):
        print(f"speech({i}, 30): {speech(i, 30)}")
    texts = [_compact(persona) for persona in people(1000)]
    sizes = [len(text) for text in texts]
    print(f"\ncharacters: mean {sum(sizes) / len(sizes):.0f}, least {min(sizes)}, most {max(sizes)}")
    print(f"bytes: mean {sum(len(text.encode()) for text in texts) / len(texts):.0f}")
    entries = [[entry for entry in _entries(persona) if len(entry) > 30] for persona in people(200)]
    owners = Counter(entry for own in entries for entry in set(own))
    shared = sum(owners[entry] > 1 for own in entries for entry in own) / sum(map(len, entries))
    print(f"entries over 30 characters: {shared:.2%} in several of 200 persons,", end=" ")
    print(f"{sum(len(own) - len(set(own)) for own in entries)} twice in one person")
    alone = [_packed(_zlib6, text) for text in texts[:200]]
    print(f"zlib -6 of one persona: mean {sum(alone) / len(alone):.1%}, least {min(alone):.1%}")
    together = "\n".join(texts[:200])
    print(f"200 personas together: zlib -6 {_packed(_zlib6, together):.1%},", end=" ")
    print(f"lzma {_packed(lzma.compress, together):.1%}")
    print(f"microseconds: {_timed(person, 1000):.0f} a person,", end=" ")
    print(f"{_timed(lambda i: speech(i, 30), 10_000):.1f} an utterance of 30 words")


if __name__ == "__main__":
    main()
