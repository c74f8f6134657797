"""How Sphinx makes the site: `make site`. Pages are plain Markdown; what Sphinx needs beside it is added here."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.parsers import Parser
from sphinx.util.logging import getLogger

sys.path.insert(0, str(Path(__file__).parent))
import contents

project = "Troupe"
author = "The Troupe authors"
html_title = "Troupe"
html_theme = "furo"
html_theme_options = {"top_of_page_buttons": []}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_use_index = False
html_show_sourcelink = False
html_show_copyright = False

extensions = ["myst_parser"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
root_doc = "README"
include_patterns = [*contents.PAGES, *contents.SOURCES]
exclude_patterns = [".*", "build", "dist", "tests"]  # not walked through
source_suffix = {".md": "markdown", ".json": "source", ".mustache": "source", ".py": "source", ".toml": "source"}
suppress_warnings = ["toc.not_included"]  # contents.unlisted says it with more words


class SourceParser(Parser):
    """A file that is no page, shown as it is."""

    supported = ("source",)

    def parse(self, inputstring: str, document: nodes.document) -> None:
        env: BuildEnvironment = document.settings.env
        path = Path(env.doc2path(env.docname))
        language = {".json": "json", ".py": "python", ".toml": "toml"}.get(path.suffix, "text")
        section = nodes.section("", nodes.title("", path.name), ids=["source"], names=["source"])
        section += nodes.literal_block(inputstring, inputstring, language=language)
        document += section


def check_lists(app: Sphinx) -> None:
    for missing in contents.unlisted():
        getLogger(__name__).warning(missing)


def add_navigation(app: Sphinx, docname: str, source: list[str]) -> None:
    """The lists of docs/README.md beside every page, and what a folder's README leads to beneath it."""
    page = contents.ROOT / f"{docname}.md"
    if page == contents.FRONT:
        groups = [(f":caption: {heading}", linked) for heading, linked in contents.sections()]
        groups.insert(0, (":hidden:", [contents.INDEX]))
    else:
        groups = [(":titlesonly:", contents.beneath(page))]
    for option, linked in groups:
        documents = [f"/{contents.name(each.with_suffix(''))}" for each in linked if each != contents.FRONT]
        shown = option == ":titlesonly:" and "](" not in source[0]  # where the page itself has no list
        options = [option] if shown else [option, ":hidden:"]
        if documents:
            source[0] += "\n".join(["", "```{toctree}", *dict.fromkeys(options), "", *documents, "```", ""])


def lead_into_folders(app: Sphinx, document: nodes.document) -> None:
    """A link to a folder leads to its README, as it does where the repository is browsed."""
    env = app.env
    for link in document.findall(addnodes.pending_xref):
        if link["reftype"] == "myst" and not link["refdomain"]:
            folder = Path(env.relfn2path(link["reftarget"], env.docname)[1])
            readme = env.path2doc(folder / "README.md")
            if readme in env.found_docs:
                link["refdomain"], link["reftarget"], link["reftargetid"] = "doc", readme, None


def begin_with_the_front(app: Sphinx, problem: Exception | None) -> None:
    if problem is None:
        shutil.copy(app.outdir / "README.html", app.outdir / "index.html")


def setup(app: Sphinx) -> None:
    app.add_source_parser(SourceParser)
    app.connect("builder-inited", check_lists)
    app.connect("source-read", add_navigation)
    app.connect("doctree-read", lead_into_folders)
    app.connect("build-finished", begin_with_the_front)
