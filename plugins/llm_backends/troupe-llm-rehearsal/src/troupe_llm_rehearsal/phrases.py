"""What sentences are made of. {x} is something from the persona, {name} somebody's name; each is a clause of its own."""

from __future__ import annotations

STANCE = {
    2: (
        "I'd take it tomorrow", "that is right up my street", "count me in", "I like it a lot", "gladly, any day",
        "I'm all for it", "you have a customer here", "yes, and I would tell my friends", "that speaks to me",
        "I would be the first in the queue", "where do I sign", "I'm won over already", "that would make my week",
        "I want that, plain and simple",
    ),
    1: (
        "I'd give it a try", "rather yes than no", "I'm leaning towards it", "I could get used to it",
        "I'm inclined to say yes", "it has something", "I would not mind it", "I can see myself with it",
        "I'm curious enough to say yes", "I rather like it", "once in a while, why not", "it might grow on me",
    ),
    0: (
        "I could take it or leave it", "I have no strong feelings about it", "it is neither here nor there for me",
        "I'd have to see it first", "I would not know what to say for or against it", "ask me again next month",
        "it does not touch my life much", "I can't get excited about it, nor angry", "I'm in the middle on this one",
        "I'd shrug and walk on", "it is all the same to me", "I'd leave that to people who know more about it",
    ),
    -1: (
        "I'm not convinced", "I have my doubts", "I'd rather not", "it does nothing for me", "rather no than yes",
        "I'm leaning against it", "I would hesitate", "it is not quite my thing", "you would have to persuade me",
        "I can think of better things", "I'd let others go first", "I'm lukewarm at best",
    ),
    -2: (
        "that is not for me", "I want nothing to do with it", "not in my house", "I'm against it", "no, thank you",
        "you will not win me over with that", "I'd sooner go without", "count me out", "I would not take it as a gift",
        "I'd cross the street to avoid it", "that is a clear no from me", "I can't warm to it at all",
        "keep it far away from me", "thanks, but never",
    ),
}  # fmt: skip

LIKE = (
    "anything to do with {x} gets me out of my chair", "I have had a soft spot for {x} as long as I can remember",
    "you had me at {x}", "give me {x} and I stop complaining", "I would cross town for {x}",
    "when somebody mentions {x}, I listen", "my friends tease me about {x}, and they are right to",
    "I spend more on {x} than I admit at home", "where {x} comes in, I need no persuading",
    "half my good memories have {x} in them", "I could talk about {x} until the lights go out",
    "it takes very little when it comes to {x}", "I never get tired of {x}", "my best days have {x} in them",
    "I was hooked the moment I heard of {x}", "nothing cheers me up like {x}",
)  # fmt: skip
DISLIKE = (
    "I have never got on with {x}", "{x} and I parted ways long ago", "I have left rooms because of {x}",
    "as soon as I hear of {x}, I look for the door", "you will not get me near {x}", "I'd pay to be spared {x}",
    "for me the trouble begins with {x}", "I had enough of {x} years ago", "you lost me at {x}",
    "my patience ends with {x}", "nobody at home would dare to bring up {x}", "I can do without {x}, thank you very much",
    "one mention of {x} and my mood is gone", "there is no dressing up {x} for me", "I go out of my way to avoid {x}",
    "I have yet to meet the day on which I want {x}",
)  # fmt: skip
GOAL = (
    "it fits what I have been after: “{x}”", "“{x}” is what I wrote on my list, and this belongs there",
    "I promised myself one thing, “{x}”, and this brings it closer", "I keep a note on the fridge that says “{x}”",
    "every step towards “{x}” counts for me",
)  # fmt: skip
CREED = (
    "I have always said it: “{x}”", "my view has not changed: “{x}”", "I live by one line, “{x}”",
    "it comes down to this for me: “{x}”", "they can laugh, but I stand by it: “{x}”",
    "you know what I believe, “{x}”", "I was taught, and I still hold, “{x}”",
)  # fmt: skip
MISSED = (
    "without {x} it is only half of what it could be", "you take away {x}, and you take away my reason",
    "leave out {x} and I lose interest", "a pity that {x} had to go", "I came for {x}, so what is left for me",
)  # fmt: skip
SPARED = (
    "to be spared {x} is a relief in itself", "leaving out {x} was wise", "I'm grateful to whoever got rid of {x}",
    "somebody has understood how I feel about {x}", "getting away from {x} is half the charm",
)  # fmt: skip
DEAR = (
    "I count what I spend, and {t} is money", "for {t} I would have to give up something else",
    "my purse has an opinion too, and it says {t} is a lot", "{t} adds up over a month, and I do add up",
)  # fmt: skip
BARGAIN = (
    "I never walk past “{t}”", "“{t}” is a word I hear gladly", "you only need to say “{t}”, and I look twice",
)  # fmt: skip

INSTEAD = (  # something else that is liked, said by somebody who is not won over
    "now, if it were {x}, we could talk", "ask me about {x} instead and I'm with you",
    "I'd sooner have {x}, any day of the week", "my time and money go to {x} anyway",
    "for {x} I would think differently", "put {x} beside it, and you know which one I take",
)  # fmt: skip
PROVIDED = (  # something that is disliked, said by somebody who is won over
    "just keep {x} out of it", "as long as nobody brings in {x}, I'm content",
    "only spare me {x}", "I'd change my mind if I found {x} in it", "the day it comes with {x} I'm gone",
)  # fmt: skip
FROM_WORK = (
    "ask anybody who works as {job} and you hear the same", "I see this through the eyes of {job}",
    "that may be {job} talking", "as {job} I look at such things twice", "you learn that sort of thing as {job}",
    "I would say the same on the job, as {job}", "a day in the life of {job} teaches you that",
)  # fmt: skip
WORKED = (
    "all those years as {job} have left their mark on me", "I was {job} long enough to know what I want",
    "I think like {job}, even now that I have stopped", "once {job}, you never quite look away again",
)  # fmt: skip
FROM_HERE = (
    "in {place} you would hear the same on any corner", "I can picture it here in {place}",
    "people in {place} are not shy about such things either", "it may be different outside {place}",
    "I wonder how that goes down in {place}", "we in {place} have seen a few such things come and go",
)  # fmt: skip
OLD = (
    "at {age} I no longer pretend", "I'm {age}, and I know what I like by now", "at {age} one gets choosy",
    "being {age}, I have seen fashions come and go",
)  # fmt: skip
YOUNG = (
    "I'm {age}, ask me again in ten years", "at {age} I still try most things once",
    "I'm only {age}, but this much I know", "maybe that's just me at {age}",
)  # fmt: skip
HABIT = {
    "curiosity": (
        ("I like to find out for myself what a thing is like", "what I don't know yet attracts me",
         "I'd want to see how it is made", "half the fun is trying"),
        ("I stick to what I know", "what worked for my parents works for me", "I need no novelties",
         "I change slowly, if at all"),
    ),
    "care": (
        ("I'd read the small print first", "I would write down what it costs and what it brings",
         "I'd want to see the figures", "first I would compare"),
        ("I decide such things on the spot", "I never think that far ahead", "I'd forget about it by Friday",
         "I go by how I feel that day"),
    ),
    "worry": (
        ("I keep thinking of what could go wrong", "I would lie awake over it", "with my luck it breaks the first week",
         "something always comes in between"),
        ("I would not lose sleep over it", "it will work out either way", "I take such things as they come",
         "nothing about it worries me"),
    ),
    "warmth": (
        ("I hope nobody minds my saying so", "I'd be happy for whoever enjoys it", "everybody to their taste",
         "I don't want to spoil it for anyone"),
        ("I say it as it is", "if that hurts somebody, so be it", "I'm not here to please", "I see no need to be polite about it"),
    ),
}  # fmt: skip
PLAIN = (  # of somebody about whom nothing is known
    "I'd need to hear more before I pick a side", "there may be something in it, or not",
    "people I know would be split on it", "on some days yes, on others no", "it depends on the day",
    "somebody else will have more to say", "I'd listen to what the others think first",
    "I see one reason for it and one against it",
)  # fmt: skip
OPENERS = (
    "well", "honestly", "look", "to be frank", "if you ask me", "you know", "let me put it this way", "for my part",
    "speaking for myself", "between us", "I'll be open with you", "as far as I'm concerned", "I must say",
    "truth be told", "to tell you straight", "hm",
)  # fmt: skip

SCORED = (
    "{n} out of {high}, I'd say", "on your scale that is {n} out of {high}", "from me it gets {n} out of {high}",
    "I'd put it at {n} out of {high}", "make it {n} out of {high}", "{n} out of {high} is what it is worth to me",
)  # fmt: skip

AGREE = (
    "{name}, I'd sign that, “{quote}”", "I'm with {name} on “{quote}”", "{name} has a point with “{quote}”",
    "that is it, {name}, “{quote}”", "{name}, you said “{quote}”, and I nodded",
    "what {name} says about “{quote}” is true in my house as well", "thank you, {name}, for “{quote}”",
    "“{quote}” could have come from me, {name}", "I was glad to hear you say “{quote}”, {name}",
)  # fmt: skip
DISAGREE = (
    "{name}, “{quote}” may be so for you, not for me", "I heard your “{quote}”, {name}, and I see it the other way round",
    "I can't follow {name} there, “{quote}” is not my experience", "{name}, when you say “{quote}”, I have to object",
    "with all respect, {name}, “{quote}” does not settle it", "no, {name}, “{quote}” is where we part",
    "“{quote}” is easily said, {name}", "{name} says “{quote}”, and I would say the opposite",
)  # fmt: skip
WONDER = (
    "{name}, I had not looked at it that way, “{quote}”", "{name} got me thinking with “{quote}”",
    "“{quote}”, says {name}, and I'm still turning it over", "{name}, tell me more about “{quote}”",
    "I keep coming back to “{quote}”, {name}", "{name}, what made you say “{quote}”?",
)  # fmt: skip
ASK = (
    "how is that with you, {name}?", "{name}, would you say the same?", "what would you do, {name}?",
    "or am I alone with that, {name}?", "{name}, what is your experience?", "do you see that differently, {name}?",
    "and where do you stand, {name}?",
)  # fmt: skip

THINK = {
    1: ("{x}, that is my subject", "they mention {x}, so I'd better say something", "finally something about {x}",
        "I hope they mean it about {x}", "my heart beats a little faster at {x}", "good, {x} at last"),
    0: ("what does it mean for somebody like me, {about}", "I'm not sure what I think about {about}",
        "let me see where I stand on {about}", "{about}, then", "so this is about {about}",
        "I have hardly thought about {about} before"),
    -1: ("{x} again, I have to say something", "why does it have to be {x}", "there it is, {x}, and my mood with it",
         "I should stay calm about {x}", "not {x}, please", "I could have guessed that {x} would come up"),
}  # fmt: skip
QUIET = (
    "I have said my piece about {about}", "let the others talk about {about} for a while",
    "nothing to add on {about} for now", "I'll just listen while they go on about {about}",
    "no need to repeat myself on {about}", "I'd rather hear how this goes on, with {about} and all",
)  # fmt: skip
IDLE = ("nothing that wants me right now", "a quiet moment, I take it", "no one needs me at the moment",
        "I'll wait and see what comes", "time for a breath")  # fmt: skip

FEELING = {
    2: ("delighted", "eager", "in high spirits"),
    1: ("pleased", "well disposed", "a little hopeful"),
    0: ("calm", "undecided", "attentive"),
    -1: ("sceptical", "a little uneasy", "reserved"),
    -2: ("irritated", "put off", "annoyed"),
}
