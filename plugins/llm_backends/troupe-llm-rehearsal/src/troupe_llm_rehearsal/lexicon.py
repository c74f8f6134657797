"""Words that mean something to the puppets themselves. What people like and dislike is never among them."""

from __future__ import annotations

COMMON = frozenset(
    """
    a an the and or but if then than so as at by for from in into of off on onto out over per to toward towards under up
    upon via with within about above across after again against all almost along already also although always am among
    any anybody anyone anything are around away back be became because become been before behind being below best better
    between both bring came can cannot can't come could day days did do does doing done down each either else ever every
    everybody everyone everything few first get gets getting give given gives go goes going gone good got great had has
    have having he her here hers herself him himself his how i i'd i'll i'm i've it it's its itself just keep kept know
    last later least less let let's like liked likes lot lots made make makes making many may maybe me might mine more
    most much must my myself near need needs new next nobody nothing now often old once one ones only other others our
    ours ourselves own perhaps put quite rather really right said same saw say says see seem seems she should since
    some somebody someone something soon still such take taken takes tell that that's their theirs them themselves there
    these they thing things think this those though thought three through time times today together told tomorrow too
    took two until us use used uses using very want wants was way we well went were what what's when where whether which
    while who whom whose why will would year years yes yet you you'd you'll you're your yours yourself yourselves
    ask asks asked imagine suppose please dear question answer opinion opinions think thinks feel feels consider idea ideas love loved
    loves enjoy enjoys hate hates dislike dislikes wish scale rate rating interested interest interests fond keen kind
    kinds sort sorts week weeks month months people person
    """.split()
)

NEGATORS = frozenset("no not without never nor neither minus lacks lacking cannot hardly except".split())

IRREGULAR = {
    "children": "child", "men": "man", "women": "woman", "feet": "foot", "teeth": "tooth", "mice": "mouse",
    "geese": "goose", "ran": "run", "swam": "swim", "swum": "swim", "sang": "sing", "sung": "sing", "rode": "ride",
    "ridden": "ride", "drove": "drive", "driven": "drive", "wrote": "write", "written": "write", "ate": "eat",
    "eaten": "eat", "drank": "drink", "drunk": "drink", "flew": "fly", "flown": "fly", "grew": "grow",
    "grown": "grow", "sewn": "sew", "knives": "knife", "wives": "wife", "lives": "life", "leaves": "leaf",
    "loaves": "loaf", "shelves": "shelf", "wolves": "wolf", "bought": "buy", "built": "build", "slept": "sleep",
    "taught": "teach", "caught": "catch", "spoke": "speak", "spoken": "speak", "swept": "sweep", "dying": "die",
    "lying": "lie", "evening": "evenin", "evenings": "evenin", "morning": "mornin", "mornings": "mornin",
}  # fmt: skip

GLAD = frozenset(
    """
    good great like likes liked love loves loved loving enjoy enjoys enjoyed enjoying gladly glad fine nice lovely
    excellent wonderful delicious perfect happy pleased pleasure favourite favorite fond keen enthusiastic passionate
    adore adores adored agree agreed yes yeah absolutely definitely useful worth worthy important essential right
    support supports supported for-it prefer prefers preferred best better saves save beautiful delight delighted
    recommend tempted welcome fascinated interested passion enjoyable precious sacred always-happy
    """.split()
)

SAD = frozenset(
    """
    bad hate hates hated hating dislike dislikes disliked detest detests loathe loathes loathed despise despises fear
    fears afraid scared allergic allergy intolerant avoid avoids avoided avoiding awful terrible horrible disgusting
    disgusted ugly boring bored bores annoying annoyed annoys wrong waste wasted wasteful useless worse worst against
    refuse refuses refused distrust distrusts mistrust mistrusts suspicious overpriced expensive dangerous harmful evil
    poison ruined ruin ruins ruining robbed robs spoiled spoils lie lies liar nonsense rubbish sick tired resent resents
    uncomfortable unpleasant doubt doubts doubtful sceptical skeptical overrated bother bothers bothered nuisance hell
    trouble problem problems worried worry worries unhappy angry irritated irritates fed-up objection object cruel
    """.split()
)

NOT_LIKED = ("can't stand", "cannot stand", "cant stand", "can't bear", "cannot bear", "fed up", "too expensive",
             "stays away", "stay away", "leaves me cold", "puts me off", "put me off", "no time for")  # fmt: skip

LIKED_KEYS = frozenset(
    """
    like likes liked love loves interest interests interested hobby hobbies preference preferences passion passions
    favourite favourites favorite favorites enjoy enjoys goal goals dream dreams aspiration aspirations value values
    want wants wish wishes cause causes fan ambition ambitions motivation motivations taste tastes pleasure pleasures
    desire desires strength strengths gustos aficiones intereses vorlieben hobbys interessen loisirs interets passatempi
    interessi interesses pastimes pastime
    """.split()
)
DISLIKED_KEYS = frozenset(
    """
    dislike dislikes disliked hate hates hated fear fears aversion aversions avoid avoids allergy allergies allergic
    phobia phobias peeve peeves annoyance annoyances intolerance intolerances intolerant worry worries concern concerns
    against frustration frustrations pain pains dealbreaker dealbreakers refuse refuses loathe loathes detest detests
    antipathy antipathies weakness weaknesses stand bear irritation irritations disgust disgusts objection objections
    turnoff turnoffs abneigungen disgustos miedos aversiones peurs degouts paure ängste
    """.split()
)
GOAL_KEYS = frozenset(
    "goal goals dream dreams aspiration aspirations ambition ambitions want wants wish wishes motivation motivations "
    "cause causes desire desires".split()
)
BELIEF_KEYS = frozenset(
    "belief beliefs believe believes opinion opinions view views attitude attitudes conviction convictions stance "
    "stances principle principles position positions politics".split()
)

TRAITS = {
    "warmth": ("warm friendly kind gentle caring generous polite helpful patient cheerful sociable agreeable trusting",
               "blunt cold rude gruff stubborn grumpy harsh hostile contrary sarcastic suspicious argumentative cynical"),
    "talk": ("talkative chatty outgoing extraverted extroverted lively eloquent sociable loud garrulous expansive",
             "shy quiet taciturn reserved introverted laconic terse brief dry kurz silent withdrawn timid curt"),
    "curiosity": ("curious open adventurous imaginative creative inventive experimental playful",
                  "traditional conservative cautious conventional routine set-in-her-ways narrow old-fashioned"),
    "worry": ("anxious nervous worried pessimistic gloomy fearful insecure tense moody irritable neurotic",
              "calm relaxed optimistic serene confident easygoing stable unflappable sanguine"),
    "care": ("careful meticulous organised organized precise orderly disciplined diligent punctual thorough",
             "careless messy chaotic spontaneous impulsive disorganised disorganized forgetful lazy"),
    "thrift": ("frugal thrifty stingy budget budgets saving savings cheap poor bargain bargains haggling broke economical",
               "rich wealthy extravagant lavish luxury generous-spender"),
}  # fmt: skip
"""What shows more of a trait, and what less."""

BIG_FIVE = {"openness": "curiosity", "conscientiousness": "care", "extraversion": "talk", "extroversion": "talk",
            "agreeableness": "warmth", "neuroticism": "worry"}  # fmt: skip

DEAR = frozenset("expensive overpriced pricey costly luxury premium surcharge fee fees".split())
CHEAP = frozenset("cheap cheaper discount discounted sale bargain affordable gratis half-price coupon".split())
