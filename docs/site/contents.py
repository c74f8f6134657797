"""Which page stands where on the site: docs/README.md has the lists, and the README of a folder what is in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FRONT = ROOT / "README.md"
INDEX = ROOT / "docs" / "README.md"
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "benchmarks/README.md",
    "bundles/*/README.md",
    "docs/*.md",
    "docs/*/*.md",
    "examples/README.md",
    "examples/*/README.md",
    "examples/*/*/README.md",
    "plugins/*/*/README.md",
)
SOURCES = (  # what pages link to beside pages, and is better read than downloaded
    "examples/*.py",
    "examples/*/*.json",
    "examples/*/*.py",
    "examples/*/*.toml",
    "troupe_core/prompts/*.mustache",
)


def sections() -> Iterator[tuple[str, list[Path]]]:
    """The headings of docs/README.md, each with the pages that its list links to."""
    for part in re.split(r"^## ", INDEX.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        heading, _, text = part.partition("\n")
        yield heading, _linked(text, INDEX.parent)


def beneath(page: Path) -> list[Path]:
    """What a README leads to: the pages of its folder, as it links to them; if it links to none, all by their names."""
    if page.name != "README.md" or page in (FRONT, INDEX):
        return []
    there = [each for each in pages() if each.is_relative_to(page.parent) and each != page]
    return [each for each in _linked(page.read_text(encoding="utf-8"), page.parent) if each in there] or there


def pages() -> list[Path]:
    return sorted({page for pattern in PAGES for page in ROOT.glob(pattern)})


def unlisted() -> list[str]:
    """The pages that no reader would find, each with what to do about it."""
    listed = {FRONT, INDEX}
    for _, linked in sections():
        listed.update(linked, *map(beneath, linked))
    return [
        f"{name(page)} is in no list, so that nobody would find it: link to it in {_where(page)}"
        for page in pages()
        if page not in listed
    ]


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _linked(text: str, folder: Path) -> list[Path]:
    found = ((folder / target).resolve() for target in re.findall(r"\]\(([^)#:]+)[^)]*\)", text))
    return list(
        dict.fromkeys(page / "README.md" if page.is_dir() else page for page in found if page.suffix in ("", ".md"))
    )


def _where(page: Path) -> str:
    leader = page.parent / "README.md"
    if leader.exists() and leader not in (page, INDEX):
        return name(leader)
    return f"{name(INDEX)}, beneath the heading where a reader would look"
