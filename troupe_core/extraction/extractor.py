"""What an extractor is given, and what it has to give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from troupe_core.findings.fields import Fields
from troupe_core.findings.finding import Finding
from troupe_core.findings.transcript import Transcript
from troupe_core.keys import canonical, digest, utf8
from troupe_core.plugins.members import Member
from troupe_core.records import ExtractorSpec

if TYPE_CHECKING:
    from troupe_core.simulation.desk import Desk


@attrs.frozen
class ExtractionTask:
    """What is to be found out, and from what."""

    of: str
    """Whom or what it is about: the name of a person or a world."""
    transcript: Transcript
    objective: str
    situation: str = ""
    fields: Fields = Fields()
    """Empty if the extractor is to choose."""

    def key(self, extractor: str) -> bytes:
        """What tells it from other tasks about the same subject."""
        return digest(b"extraction", utf8(extractor), canonical([self.objective, self.situation, self.fields.plain()]))


class Extractor(Member):
    """Base of extractors."""

    record = ExtractorSpec

    async def extract(self, task: ExtractionTask, desk: Desk) -> Sequence[Finding]:
        """The finding, as a list of one. Lines that do not exist may be cited: the program sees to that."""
        raise NotImplementedError(f"{type(self).__qualname__} has no extract()")
