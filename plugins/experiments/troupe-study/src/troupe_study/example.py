"""The study that `troupe init` writes: it runs as it stands, and its remarks show what else a study can say."""

from __future__ import annotations

STUDY = """\
# A study. Try it out for nothing:  troupe run --dry-run FILE  tells what it takes,  troupe run FILE  runs it.
# Paths in it are relative to this file.

title = "Would you buy a bottled cold soup?"
model = "rehearsal/default"        # puppets, to try things out; or "openai/gpt-5-mini", … Left out: as troupe.toml says
seed = 7                           # another seed, other chances
# models = { extraction = "openai/gpt-5-mini" }             # who is asked for single purposes
# parameters = { temperature = 0.8 }

# Who takes part. Each [[people]] has one source; there can be several.

[[people]]
name = "Ada Moreira"
inline = "A retired nurse of 71 in Porto, who cooks for six on Sundays and is never wrong about soup."

[[people]]
inline = { name = "Ben Okafor", age = 24, occupation = "phone repairer", likes = ["rain", "meals without a stove"] }

# [[people]]
# files = "people/*.agent.json"    # or several patterns: ["people/a*.agent.json", "others/*.agent.json"]
# fragments = ["fragments/picky_customer.fragment.json"]    # laid over each of them
# [[people]]
# folder = "people"                # all .agent.json files in it
# [[people]]
# csv = "panel.csv"                # a row each; or jsonl = "panel.jsonl", an object in each line
# name_column = "respondent"
# [[people]]
# generate = { context = "Commuters in a city of ferries who have lunch at their desks.", count = 6 }
# group = "commuters"              # called so in findings, which compare the groups
# mental_faculties = ["recall"]
# tools = ["notes"]
# memory = "episodic"
# model = "openai/gpt-5-mini"      # of this group

[world]
kind = "focus_group"               # all hear each other; or "chat"; in a "survey" or "interview" each is alone
rounds = 2                         # so many rounds follow each stimulus
# name = "Kitchen table"
# initial_datetime = 2026-03-02T19:30:00                    # left out, nobody knows of any date
# schedule = "sequential"          # or "parallel", "random"; left out, as the kind has it

# What they react to, one after the other.

[[stimulus]]
say = "Here is a ready-to-drink gazpacho in a bottle, 3.50 a litre. Would you buy it? Why, or why not?"
# source = "Moderator"
# [[stimulus]]
# see = "The bottle is of clear plastic; a drop of oil floats on top."
# images = ["bottle.jpg"]          # beside this file; for models that can look, as well as the words
# rounds = 1
# [[stimulus]]
# think = "What did I have for lunch yesterday?"
# to = "commuters"                 # reaches only them

# What each is asked in the end, by themselves. With questions alone, and no [[stimulus]], it is a survey.

# [[ask]]
# question = "What would you pay for a litre?"
# fields = { price = "0.0..10.0", again = ["yes", "no"] }
# hints = { price = "0: would not have it as a gift" }
# source = "Moderator"
# to = "commuters"
# replicates = 1                   # so many answers of each
# [[ask]]
# question = "Have you had it before?"
# remember = true                  # and know of it when the next question comes

# What is to be found out. Without this table, there is a transcript and no findings.

[findings]
objective = "What would make them buy, and what keeps them away?"
fields = { rating = "1..5", reason = "text", would_buy = ["yes", "no", "maybe"] }
# hints = { rating = "5: they would buy it today" }
# situation = "A tasting in a supermarket."
# of = "world"                     # one row for all of them together, not one for each

[budget]
calls = 500                        # of one run; also money (US dollars), tokens, seconds
# money = 2.0                      # where the prices of its models are known
# purposes = { extraction = { money = 0.5 } }
# person = { calls = 20 }          # what is asked for any one of them

# With several models (model = ["openai/gpt-5-mini", "openai/gpt-5-nano"]) the next one is asked where one fails.

# [degradation]
# cheaper_from = 0.8               # from 80 % of the budget on, the next one at once
# on_budget = "skip"               # when it is spent: go on without whoever is left, or "stop"
# on_failure = "skip"              # the same where all models fail
"""
