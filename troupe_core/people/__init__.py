"""People: persona, mind and memory as values, turns as transactions on them, and the handle that users hold."""

from troupe_core.people.person import TinyPerson

__all__ = ["TinyPerson"]
