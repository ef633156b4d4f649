"""Reads the pages ``rules/<group>/<name>.md``.

Headers are read at load time and a wrong page is refused there, with a sentence that says where
and what to do. Bodies are taken apart only when somebody looks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import tomli

from jwtaudit.catalog.blocks import SECTION_OR_FENCE
from jwtaudit.catalog.errors import refuse, unknown
from jwtaudit.catalog.rule import Rule
from jwtaudit.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

# GitHub's bands: a dashboard shows the number, so the word must agree with it.
_BANDS = {
    Severity.CRITICAL: (9.0, 10.0),
    Severity.HIGH: (7.0, 8.9),
    Severity.MEDIUM: (4.0, 6.9),
    Severity.LOW: (0.1, 3.9),
    Severity.INFO: (0.0, 0.0),
}

_SECTIONS = ("What to do", "Bad", "Fixed", "Good", "Limits", "Proof")
_REQUIRED_SECTIONS = ("What to do", "Bad", "Good")


def read_page(page: Path) -> Rule:
    """Load one page; its body stays text."""
    try:
        text = page.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        refuse(page, 1, "the page is not UTF-8; save it as such")
    opening, _, rest = text.partition("\n")
    if opening.rstrip() != "+++" or "\n+++\n" not in rest:
        refuse(page, 1, "a page begins with a TOML header between two lines +++")
    header, _, body = rest.partition("\n+++\n")
    values = _read_header(page, header)
    title, sections = _read_body(page, body, header.count("\n") + 4, values["fix"])
    severity = Severity[values["severity"].upper()]
    return Rule(
        id=values["id"],
        name=values["name"],
        group=page.parent.name,
        title=title,
        summary=values["summary"],
        severity=severity,
        security_severity=float(values["security-severity"]),
        precision=values["precision"],
        cwe=tuple(values["cwe"]),
        since=values["since"],
        fix=values["fix"],
        default=values["default"] == "on",
        references=tuple(values["references"]),
        file=page,
        sections=sections,
    )


def _text(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _one_of(words: Iterable[str]) -> tuple[Callable[[Any], bool], str]:
    allowed = tuple(words)
    return (lambda value: value in allowed), f"one of {', '.join(allowed)}"


def _list_of(item: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(item, value))


# Header key -> (whether a value is right, what would be).
_HEADER: dict[str, tuple[Callable[[Any], bool], str]] = {
    "id": (_text(r"JWT[1-9]\d\d"), 'JWT and three digits, as in "JWT201"'),
    "name": (_text(r"[a-z0-9]+(-[a-z0-9]+)*"), 'words joined by "-", as in "hardcoded-key"'),
    "summary": (_text(r".{1,79}[^.]"), "one line of at most 80 characters without a full stop"),
    "severity": _one_of(severity.label for severity in Severity),
    "security-severity": (lambda value: type(value) in (int, float), "a number, as in 7.5"),
    "precision": _one_of(("very-high", "high", "medium", "low")),
    "cwe": (_list_of(lambda item: type(item) is int), "a list of numbers, as in [347, 798]"),
    "since": (_text(r"\d+\.\d+\.\d+"), 'the version that brought the rule, as in "0.1.0"'),
    "fix": _one_of(("none", "safe", "unsafe")),
    "default": _one_of(("on", "off")),
    "references": (_list_of(_text(r"https://\S+")), "a list of https:// addresses"),
}
# What a header need not say.
_DEFAULTS = {"default": "on"}


def _read_header(page: Path, header: str) -> dict[str, Any]:
    def line_of(key: str) -> int:
        match = re.search(rf"^{re.escape(key)}\b", header, re.MULTILINE)
        return 2 + header.count("\n", 0, match.start()) if match else 1

    try:
        # The newline stands for the opening +++: lines are then those of the page.
        values = _DEFAULTS | tomli.loads("\n" + header)
    except tomli.TOMLDecodeError as error:
        refuse(page, 1, f"the header is not TOML: {error}")
    for key in values:
        if key not in _HEADER:
            refuse(page, line_of(key), unknown("key", key, _HEADER))
    for key, (right, wanted) in _HEADER.items():
        if key not in values:
            refuse(page, 1, f"{key} is missing; add {wanted}")
        if not right(values[key]):
            refuse(page, line_of(key), f"{key} must be {wanted}")
    if values["name"] != page.stem:
        refuse(page, line_of("name"), f'name must be the file\'s name, "{page.stem}"')
    low, high = _BANDS[Severity[values["severity"].upper()]]
    if not low <= values["security-severity"] <= high:
        wanted = f"from {low} to {high}, or change severity"
        message = f'security-severity of severity "{values["severity"]}" must be {wanted}'
        refuse(page, line_of("security-severity"), message)
    return values


def _read_body(
    page: Path, body: str, first_line: int, fix: str
) -> tuple[str, dict[str, tuple[int, str]]]:
    title = re.match(r"\s*# +(.+?) *\n", body)
    if not title:
        refuse(page, first_line, 'after the header comes the title, as in "# Hardcoded key"')
    sections: dict[str, tuple[int, str]] = {}
    heading, start = "", title.end()
    for match in SECTION_OR_FENCE.finditer(body):
        if not match["heading"]:
            continue
        sections[heading] = first_line + body.count("\n", 0, start), body[start : match.start()]
        heading, start = match["heading"], match.end() + 1
        line = first_line + body.count("\n", 0, match.start())
        if heading not in _SECTIONS:
            refuse(page, line, unknown("section", heading, _SECTIONS))
        if heading in sections:
            refuse(page, line, f'a second section "{heading}"; join the two')
    sections[heading] = first_line + body.count("\n", 0, start), body[start:]
    for required in _REQUIRED_SECTIONS:
        if required not in sections:
            refuse(page, first_line, f'section "{required}" is missing; add "## {required}"')
    if (fix == "none") == ("Fixed" in sections):
        message = 'a rule with a fix, and no other, has a section "Fixed" that says why it is safe'
        refuse(page, first_line, f"{message} or not, and shows what comes out")
    if not sections[""][1].strip():
        refuse(page, first_line, "below the title, say in a few sentences why it matters")
    return title[1], sections
