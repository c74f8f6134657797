"""What a terminal shows, as a picture."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO

from troupe_presenter import showable
from troupe_study.outputs.plots import NO_XML

_FROM_ELSEWHERE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def picture(lines: Iterable[str], title: str, width: int) -> str:
    """As SVG, in which nothing is fetched from anywhere."""
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=width, file=StringIO(), color_system="truecolor", force_terminal=True)
    for line in lines:
        console.print(Text.from_ansi(line), highlight=False, soft_wrap=True)
    svg = _FROM_ELSEWHERE.sub("", console.export_svg(title=showable(title)), count=2)
    return NO_XML.sub("\N{REPLACEMENT CHARACTER}", svg)
