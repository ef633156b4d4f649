"""Fenced code in Markdown: every block is a program of its own, at its place in the document.

A block is called by its document's name, ``BLOCK``, its number and the ending of its language, so
that the front end of that language takes it like a file. It is the document with everything else
blanked, character for character, so that every offset stays. Documents hold fragments: a block
goes on where those before it have stopped, so that what they import, and the constants that they
set, is left to it.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.source import BLOCK, Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LANGUAGES = {
    "python": ".py", "py": ".py", "python3": ".py", "py3": ".py", "ipython": ".py",
    "pycon": ".py", "javascript": ".js", "js": ".js", "mjs": ".js", "cjs": ".js", "node": ".js",
    "nodejs": ".js", "es6": ".js", "jsx": ".jsx", "typescript": ".ts", "ts": ".ts", "mts": ".ts",
    "cts": ".ts", "tsx": ".tsx", "html": ".html", "htm": ".html", "xhtml": ".html",
    "vue": ".vue", "svelte": ".svelte", "astro": ".astro", "jinja": ".jinja",
    "jinja2": ".jinja", "html+jinja": ".jinja", "django": ".jinja", "html+django": ".jinja",
    "njk": ".njk", "twig": ".twig", "ejs": ".ejs", "hbs": ".hbs", "handlebars": ".hbs",
}  # fmt: skip
# A fence, in quotes and lists, too; what follows names the language: `js`, `{.python}`,
# `{code-block} python`, `ts title="app.ts"`.
_FENCE = re.compile(
    r"(?P<prefix>[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(?P<fence>`{3,}(?![^\r\n]*`)|~{3,})"
    r"[ \t]*(?:\{code(?:-block|-cell)?\}[ \t]*)?\{?[ \t]*\.?(?P<language>[\w+]*)"
)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
# What everything else becomes: to all our languages it is no indentation, and a blank at most.
_NOTHING = "\f"
_VISIBLE = re.compile(r"[^\r\n]")
_CODE = re.compile(r"[^\f\r\n][^\r\n]*(?:\r\n|\r|\n|\Z)")
_PROMPT = re.compile(r"(?:>>>|\.\.\.|In \[\d+\]:)(?: |(?=\r?\n?$))")
# What a block leaves to those behind it, by the name under which it is known.
_LEFT_BY_SCRIPTS = re.compile(
    r"(?m)(?:import\b[^;\"']{0,1000}?[\"'](?P<module>[^\"'\n]+)[\"']"
    r"|(?:const|let|var)\s[^=;]{1,500}=\s*require\(\s*[\"'](?P<required>[^\"'\n]+)[\"']\s*\)"
    r"|(?:export )?(?:const|let|var) (?P<name>[A-Z][A-Z0-9_]*)\b[^=\n]{0,60}=[^\n]*[^\s({\[,?:=|&+]"
    r"(?=[ \t]*\r?$))[^\r\n]*"
)
_LEFT_BY_PYTHON = re.compile(
    r"(?m)(?:from[ \t]+(?P<module>[\w.]+)[ \t]+import[ \t]*(?:\([^()]*\)|[^(\r\n]+)"
    r"|import[ \t]+(?P<required>[\w.]+)[^\r\n]*"
    r"|(?P<name>[A-Z][A-Z0-9_]*)[ \t]*(?::[^=\n]{0,60})?=[^=\n][^\n]*[^\s({\[,\\](?=[ \t]*\r?$))"
)


class _Fenced(NamedTuple):
    """A block as it is written: its lines without what the document puts before them."""

    ending: str
    lines: tuple[Span, ...]


def is_document(path: str) -> bool:
    """Whether a file is a document that may hold code."""
    return path.lower().endswith((".md", ".mdx", ".markdown"))


def blocks(path: str, text: str) -> tuple[str, ...]:
    """What the blocks of a document are called whose language we read."""
    return tuple(f"{path}{BLOCK}{n}{ending}" for n, (ending, _) in enumerate(_blocks(text)))


def read(path: str, source: Source) -> Source:
    """A block out of its document."""
    number = int(path.partition(BLOCK)[2].partition(".")[0])
    found = _blocks(source.text)[number : number + 1]
    text = _kept(source.text, found[0][1]) if found else ""
    return Source(path, source.data, text, source.encoding)


def python(text: str) -> tuple[str, list[int]]:
    """The Python of a block: its text, and where each character of it stands."""
    parts: list[str] = []
    offsets: list[int] = []
    for match in _CODE.finditer(text):
        parts.append(match.group())
        offsets.extend(range(*match.span()))
    offsets.append(offsets[-1] + 1 if offsets else 0)
    return "".join(parts), offsets


@functools.lru_cache(maxsize=4)
def _blocks(text: str) -> tuple[tuple[str, tuple[Span, ...]], ...]:
    """Of each block what its file's name ends with, and the code that it consists of."""
    found = []
    left: dict[bool, dict[str, Span]] = {True: {}, False: {}}
    for ending, lines in _fenced(text):
        before = left[ending == ".py"]
        own = dict(_left(text, lines, _LEFT_BY_PYTHON if ending == ".py" else _LEFT_BY_SCRIPTS))
        taken = [span for name, span in before.items() if name not in own]
        before.update(own)
        found.append((ending, (*taken, *lines)))
    return tuple(found)


def _fenced(text: str) -> Iterator[_Fenced]:
    opened: re.Match[str] | None = None
    lines: list[Span] = []
    for match in _LINE.finditer(text):
        line = match.group()
        if opened is None:
            if "```" in line or "~~~" in line:
                opened = _FENCE.match(line)
                lines = []
            continue
        fence = opened["fence"]
        start = match.start() + _inside(line, opened["prefix"])
        bare = text[start : match.end()].strip()
        if (bare.startswith(fence) and not bare.strip(fence[0])) or not line:
            ending = _LANGUAGES.get(opened["language"].lower())
            if ending and lines:
                typed = _typed(text, lines) if ending == ".py" else lines
                yield _Fenced(ending, tuple(_dedented(text, typed)))
            opened = None
        else:
            lines.append(Span(start, match.end()))


def _inside(line: str, prefix: str) -> int:
    """How much of a line belongs to the quote or the list around a block."""
    at = 0
    for expected in prefix:
        if at < len(line) and (line[at] in " \t" or line[at] == expected == ">"):
            at += 1
    return at


def _typed(text: str, lines: list[Span]) -> list[Span]:
    """What was typed, where a block shows a session with the interpreter."""
    prompts = [_PROMPT.match(text[start:end]) for start, end in lines]
    if not any(match is not None and not match.group().startswith(".") for match in prompts):
        return lines
    return [
        Span(start + match.end(), end)
        for (start, end), match in zip(lines, prompts, strict=True)
        if match is not None
    ]


def _dedented(text: str, lines: list[Span]) -> Iterator[Span]:
    """The lines that are not blank, without the indentation that all of them have."""
    told = [span for span in lines if text[span.start : span.end].strip()]
    depth = min((_depth(text[start:end]) for start, end in told), default=0)
    return (Span(start + depth, end) for start, end in told)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _left(
    text: str, lines: tuple[Span, ...], pattern: re.Pattern[str]
) -> Iterator[tuple[str, Span]]:
    """What a block leaves to those behind it: names, and where each is told."""
    for start, _ in lines:
        if found := pattern.match(text, start, lines[-1].end):
            name = found["module"] or found["required"] or found["name"]
            yield name, Span(*found.span())


def _kept(text: str, spans: Iterable[Span]) -> str:
    """A text up to the last of some spans, with everything outside of them blanked."""
    blank = _blank(text)
    parts: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if end > at:
            start = max(start, at)  # noqa: PLW2901
            parts += [blank[at:start], text[start:end]]
            at = end
    return "".join(parts)


@functools.lru_cache(maxsize=4)
def _blank(text: str) -> str:
    """Of a document nothing but its lines; it may have thousands of blocks."""
    return _VISIBLE.sub(_NOTHING, text)
