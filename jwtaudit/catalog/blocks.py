"""The code blocks of a page: its examples, with what is expected of them, and its proofs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from jwtaudit.catalog.errors import refuse
from jwtaudit.finding import Confidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# A fence is taken as a whole, so that a comment "## x" in code is no heading.
_FENCE = r"^```(?P<info>[^\n`]*)\n(?P<code>.*?)^```[ \t]*$"
SECTION_OR_FENCE = re.compile(rf"{_FENCE}|^## +(?P<heading>.+?) *$", re.MULTILINE | re.DOTALL)
_TITLE_OR_FENCE = re.compile(rf"{_FENCE}|^### +(?P<heading>.+?) *$", re.MULTILINE | re.DOTALL)

_MARK = r"JWT\d{3}: (?:low|medium|high)"
_MARKER = re.compile(rf"\s*(?:#|//|<!--|/\*)\s*(?P<marks>{_MARK}(?:, {_MARK})*)\s*(?:-->|\*/)?\s*$")
_MARKER_ATTEMPT = re.compile(r"(?:#|//|<!--|/\*)\s*JWT\d{3}\b")

_PINS = {
    "python": (re.compile("=="), 'requires="pyjwt==2.10.1"'),
    "js": (re.compile(r".@\d+\.\d+\.\d+"), 'requires="jsonwebtoken@9.0.2"'),
}
DEFAULT_FILES = {
    "python": "app.py",
    "js": "app.js",
    "jsx": "app.jsx",
    "ts": "app.ts",
    "tsx": "app.tsx",
    "html": "page.html",
}


_OTHERS = "others"


class Expectation(NamedTuple):
    """A finding that an example must give."""

    line: int
    rule_id: str
    confidence: Confidence


@dataclass(frozen=True)
class ExampleFile:
    """One code block of an example, as a file.

    Attributes:
        text: the code without the markers of expected findings.
        line: the page's line on which the code begins.
    """

    path: str
    language: str
    text: str
    expected: tuple[Expectation, ...]
    line: int


@dataclass(frozen=True)
class Example:
    """The blocks below one ``###`` heading: together a small project."""

    title: str
    files: tuple[ExampleFile, ...]


@dataclass(frozen=True)
class Proof:
    """A script that shows the rule's claim with the real library.

    Attributes:
        requires: pinned requirements, exactly what the script can import.
        line: the page's line on which the code begins.
        language: ``python``, or ``js`` for Node.
    """

    requires: tuple[str, ...]
    code: str
    line: int
    language: str = "python"


def examples(page: Path, section: str, line: int, text: str) -> tuple[Example, ...]:
    """The examples in the text of a section, which begins on a line of the page."""
    grouped: dict[str, list[ExampleFile]] = {}
    title = ""
    for match in _TITLE_OR_FENCE.finditer(text):
        at = line + text.count("\n", 0, match.start())
        if heading := match["heading"]:
            if heading in grouped:
                refuse(page, at, f'a second example "{heading}"; give it another title')
            title = heading
            continue
        files = grouped.setdefault(title, [])
        files.append(_example_file(page, match, at, section))
        if files[-1].path in {other.path for other in files[:-1]}:
            refuse(
                page,
                at,
                f"a second {files[-1].path} in one example; begin a new example with a"
                ' "### title", or name the file with file=',
            )
    if not grouped:
        refuse(page, line, f'section "{section}" shows no code; add a fenced block')
    return tuple(Example(title, tuple(files)) for title, files in grouped.items())


def _example_file(page: Path, match: re.Match[str], line: int, section: str) -> ExampleFile:
    words, options = _info(match["info"])
    language = words[0] if words else ""
    path = options.get("file", DEFAULT_FILES.get(language))
    if path is None:
        refuse(
            page,
            line,
            f'the block "```{match["info"]}" names no file; write ```python, or ```text'
            " file=requirements.txt",
        )
    lines, expected = [], []
    for number, text in enumerate(match["code"].split("\n"), 1):
        code, marks = split_marker(text)
        lines.append(code)
        if marks is None:
            marker = "# JWT201: high"
            refuse(page, line + number, f'write an expected finding as "{marker}"')
        expected += [Expectation(number, *mark) for mark in marks]
    if expected and section != "Bad":
        at = line + expected[0].line
        what = f"a {section.lower()} example"
        refuse(page, at, f"{what} expects a finding; remove the marker")
    return ExampleFile(path, language, "\n".join(lines), tuple(expected), line + 1)


def proofs(page: Path, line: int, text: str) -> Iterator[Proof]:
    """The scripts in the text of a section, which begins on a line of the page."""
    for match in SECTION_OR_FENCE.finditer(text):
        words, options = _info(match["info"])
        if words[1:] == ["proof"]:
            at = line + text.count("\n", 0, match.start())
            yield _proof(page, words[0], match, options, at)


def _proof(
    page: Path, language: str, match: re.Match[str], options: Mapping[str, str], line: int
) -> Proof:
    requires = tuple(options.get("requires", "").split())
    pin, wanted = _PINS.get(language, _PINS["python"])
    if not requires or not all(pin.search(requirement) for requirement in requires):
        refuse(page, line, f"a proof names its libraries with versions: {wanted}")
    return Proof(requires, match["code"], line + 1, language)


def _info(info: str) -> tuple[list[str], dict[str, str]]:
    """The words and the ``key=value`` pairs of a fence's info string."""
    import shlex  # noqa: PLC0415

    words, options = [], {}
    for part in shlex.split(info or ""):
        key, equals, value = part.partition("=")
        if equals:
            options[key] = value
        else:
            words.append(part)
    return words, options


def split_marker(line: str) -> tuple[str, list[tuple[str, Confidence]] | None]:
    """A line's code and what its marker expects; None stands for a marker that is misspelt."""
    match = _MARKER.search(line)
    if match is None:
        return line, None if _MARKER_ATTEMPT.search(line) else []
    marks = (mark.split(": ") for mark in match["marks"].split(", "))
    expected = [(rule_id, Confidence[label.upper()]) for rule_id, label in marks]
    return line[: match.start()], expected


def for_readers(text: str) -> str:
    """A section without the markers of its code blocks, and without proofs."""

    def block(match: re.Match[str]) -> str:
        if match["heading"]:
            return match[0]
        words, options = _info(match["info"])
        if "proof" in words:
            return ""
        lines = [split_marker(line)[0] for line in match["code"].split("\n")]
        named = f"`{options['file']}`\n\n" if "file" in options else ""
        return f"{named}```{' '.join(words)}\n" + "\n".join(lines) + "```"

    return _TITLE_OR_FENCE.sub(block, text).strip()


def telling(text: str) -> tuple[str, int]:
    """A section with its plainest examples, one for each world; and how many others it has."""
    titles = [match for match in _TITLE_OR_FENCE.finditer(text) if match["heading"]]
    starts = [0, *(match.start() for match in titles), len(text)]
    parts = [text[start:end] for start, end in pairwise(starts)]
    kept: dict[str, str] = {}
    worlds = [_world(part) for part in parts]
    for part, world in zip(parts, worlds, strict=True):
        if world and (world not in kept or _plainness(part) < _plainness(kept[world])):
            kept[world] = part
    if len(kept) > 1:
        kept.pop(_OTHERS, None)
    left_out = [p for p, w in zip(parts, worlds, strict=True) if w and p not in kept.values()]
    return "".join(part for part in parts if part not in left_out), len(left_out)


def _plainness(part: str) -> tuple[bool, int]:
    """First what is found for sure, then what is short."""
    return ": high" not in part, len(part)


def _world(part: str) -> str:
    """In which world an example is at home; empty for what has no code."""
    fences = (match for match in _TITLE_OR_FENCE.finditer(part) if not match["heading"])
    fence = next(fences, None)
    if fence is None:
        return ""
    first = next(iter(_info(fence["info"])[0]), "")
    return first if first == "python" else "js" if first in DEFAULT_FILES else _OTHERS


def plain(markdown: str) -> str:
    """Prose without Markdown's signs, one line per paragraph; code blocks are left out."""
    prose = re.sub(_FENCE, "", markdown, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", prose).replace("`", "").replace("**", "")
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", prose.strip()))
