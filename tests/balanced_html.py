"""Finds elements of a template that are not closed where they were opened, in every branch.

djLint may pair an element with the end tag of another branch; here each branch of ``{% if %}``,
``{% for %}`` and the like has to close what it opens, and only that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.template.base import Lexer, TokenType

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
BRANCHES = {"else", "elif", "empty", "plural"}
# What stands inside is no markup of the page.
RAW = re.compile(r"<!--.*?-->|(<(script|style)\b[^>]*>).*?(</\2>)", re.DOTALL)
TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][\w-]*)(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^'\">])*)>")
STANDS_FOR = "\x00"  # a template tag that stands inside an element's own tag


def unclosed(text: str) -> Iterator[tuple[int, str]]:
    """(line, what is wrong) of each element that a branch leaves open, or closes for another."""
    open_ones: list[tuple[str, int]] = []  # elements by name; blocks as "{% name"
    for line, kind, name in _events(text):
        if kind == "open":
            open_ones.append((name, line))
            continue
        if kind == "branch":
            yield from _closed_down_to_block(open_ones)
            continue
        wanted = name if kind == "close" else "{% " + name
        if kind == "block end":
            yield from _closed_down_to_block(open_ones)
            if open_ones and open_ones[-1][0] == wanted:
                open_ones.pop()
            continue
        if open_ones and open_ones[-1][0] == wanted:
            open_ones.pop()
        elif any(one == wanted for one, _line in _of_this_branch(open_ones)):
            while open_ones[-1][0] != wanted:
                left, where = open_ones.pop()
                yield where, f"<{left}> is not closed"
            open_ones.pop()
        else:
            yield line, f"</{name}> closes nothing of its branch"
    yield from ((where, f"<{left}> is not closed") for left, where in open_ones if left[0] != "{")


def _of_this_branch(open_ones: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    for one in reversed(open_ones):
        if one[0].startswith("{% "):
            return
        yield one


def _closed_down_to_block(open_ones: list[tuple[str, int]]) -> Iterator[tuple[int, str]]:
    while open_ones and not open_ones[-1][0].startswith("{% "):
        left, where = open_ones.pop()
        yield where, f"<{left}> is not closed"


def _events(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, "open", "close", "block", "block end" or "branch", name) in order."""
    blocks = set(re.findall(r"{%-?\s*end(\w+)", text))
    tokens = Lexer(text).tokenize()
    # The markup alone, with one character for each template tag: so that a tag of an element that
    # holds template tags stays one.
    markup, block_at = "", {}
    line_at: list[int] = []
    commented = False
    for token in tokens:
        if token.token_type == TokenType.BLOCK and token.contents.split()[0].endswith("comment"):
            commented = not token.contents.startswith("end")
            continue
        if commented:
            continue
        line = token.lineno
        if token.token_type == TokenType.TEXT:
            for character in token.contents:
                markup += character
                line_at.append(line)
                line += character == "\n"
            continue
        if token.token_type == TokenType.BLOCK:
            block_at[len(markup)] = token.contents.split()[0]
        markup += STANDS_FOR
        line_at.append(line)
    markup = RAW.sub(lambda raw: _blank(raw[0], raw[1] or "", raw[3] or ""), markup)
    at = 0
    for tag in TAG.finditer(markup):
        yield from _of_blocks(at, tag.start(), block_at, line_at, blocks)
        at = tag.end()
        name = tag["name"].lower()
        if name in VOID or tag["rest"].endswith("/"):
            continue
        yield line_at[tag.start()], "close" if tag["end"] else "open", name
    yield from _of_blocks(at, len(markup), block_at, line_at, blocks)


def _blank(raw: str, begin: str, end: str) -> str:
    return begin + " " * (len(raw) - len(begin) - len(end)) + end


def _of_blocks(
    begin: int, end: int, block_at: dict[int, str], line_at: list[int], blocks: set[str]
) -> Iterator[tuple[int, str, str]]:
    for at in range(begin, end):
        name = block_at.get(at)
        if name is None:
            continue
        if name in BRANCHES:
            yield line_at[at], "branch", name
        elif name.startswith("end"):
            yield line_at[at], "block end", name[3:]
        elif name in blocks:
            yield line_at[at], "open", "{% " + name
