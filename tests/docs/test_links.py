"""The documentation holds together: links lead somewhere, every page can be reached, and `make` targets exist."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

PROJECT = Path(__file__).resolve().parents[2]
# A word that may follow `make` in a command: a target, not an option or a variable.
TARGET = re.compile(r"(?:^|[\s(])make((?: +[a-z][a-z-]*)+)(?![\w=-])")


def tracked_pages() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=PROJECT, capture_output=True, text=True, check=True)
    return [PROJECT / name for name in listed.stdout.splitlines()]


PAGES = tracked_pages()


@cache
def tokens(page: Path) -> list[Token]:
    """The page's blocks, and what is inline in them."""
    blocks = MarkdownIt("commonmark").enable("table").parse(page.read_text())
    return [each for block in blocks for each in [block, *(block.children or [])]]


def links(page: Path) -> Iterator[str]:
    """Every link and image that is not on the web."""
    for token in tokens(page):
        target = token.attrGet("href") or token.attrGet("src")
        if target and not urlsplit(str(target)).scheme:
            yield str(target)


@cache
def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings: lower case, punctuation gone, blanks as hyphens, repeats numbered."""
    seen: dict[str, int] = {}
    found = set()
    inside = False
    for token in tokens(page):
        if token.type in ("heading_open", "heading_close"):
            inside = token.type == "heading_open"
        elif inside and token.type == "inline":
            text = "".join(each.content for each in token.children or [] if each.type in ("text", "code_inline"))
            slug = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            count = seen.get(slug, 0)
            seen[slug] = count + 1
            found.add(f"{slug}-{count}" if count else slug)
    return found


def destination(page: Path, link: str) -> Path:
    path = unquote(urlsplit(link).path)
    return (page.parent / path).resolve() if path else page


def make_targets(page: Path) -> set[str]:
    """The targets of `make` in code: in commands as in running text."""
    code = [each.content for each in tokens(page) if each.type in ("fence", "code_block", "code_inline")]
    # What follows `#` or `&&` is no argument of make.
    commands = [re.split(r"#|&&|;|\|", line)[0] for text in code for line in text.splitlines()]
    return {name for line in commands for words in TARGET.findall(line) for name in words.split()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in links(page):
        target, anchor = destination(page, link), unquote(urlsplit(link).fragment)
        if not target.exists() or not target.is_relative_to(PROJECT):
            broken.append(f"{link}: no such file")
        elif anchor and anchor not in anchors(target):
            broken.append(f"{link}: no such heading")
    assert not broken


def test_every_page_of_docs_can_be_reached_from_the_readme() -> None:
    reached, ahead = set[Path](), [PROJECT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in reached:
            reached.add(page)
            ahead += [target for link in links(page) if (target := destination(page, link)) in PAGES]
    docs = {page for page in PAGES if page.is_relative_to(PROJECT / "docs")}
    assert docs and not docs - reached


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_make_target_exists(page: Path) -> None:
    rules = set(re.findall(r"^([a-z][a-z-]*):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    assert not make_targets(page) - rules
