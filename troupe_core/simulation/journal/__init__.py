"""The journal: where outcomes, answers and commits last.

From the bottom up: `lock`; `rows` and `document` (an SQLite file, or a readable document); `writer` (one thread, first
in, first out); `store` (all of these together); `shelf` (values as rows); `records`, `commits` and `branch` (what a
simulation was when); `journal` (all of it for one simulation). `opening`, `replay` and `why` are what is done with it.
"""
