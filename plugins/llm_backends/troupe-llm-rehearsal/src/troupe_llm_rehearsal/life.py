"""The plain facts of a persona: work, age, place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from troupe_llm_rehearsal.words import with_article

_AGE = re.compile(r"\b(\d{1,3})\b")


@attrs.frozen(slots=True)
class Life:
    """Empty where nothing is said."""

    job: str = ""
    """With its article."""
    retired: bool = False
    age: int = 0
    place: str = ""

    @classmethod
    def of(cls, persona: Mapping[str, Any]) -> Life:
        work = persona.get("occupation") or persona.get("job") or persona.get("profession") or ""
        if isinstance(work, Mapping):
            work = work.get("title") or work.get("name") or ""
        job = re.split(r" (?:in|at|for|from|who|with|of a) |[,;(.]", str(work))[0].strip()
        low = job[:1].lower() + job[1:] if not job[1:2].isupper() else job
        retired = low.startswith(("retired ", "former "))
        low = low.removeprefix("retired ").removeprefix("former ")
        if not low or len(low.split()) > 4 or low in ("unemployed", "none", "retired", "n/a"):
            low = ""
        age = _AGE.search(str(persona.get("age", "")))
        home = persona.get("residence") or persona.get("city") or persona.get("country_of_residence") or ""
        if isinstance(home, Mapping):
            home = home.get("city") or ""
        place = str(home).split(",")[0].strip()
        return cls(
            with_article(low) if low and not low.startswith(("a ", "an ")) else low,
            retired,
            int(age[1]) if age else 0,
            place if 0 < len(place) < 40 else "",
        )

    def __bool__(self) -> bool:
        return bool(self.job or self.age or self.place)
