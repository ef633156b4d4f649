"""Python that is a template itself, as cookiecutter and copier fill in: every offset stays.

What is filled in becomes a name, as it does in the names of folders, so that imports lead on; what
only steers becomes blank. In strings everything stays: there it is text like any other.
"""

from __future__ import annotations

import re

from jwtaudit.frontends.python2 import KEPT
from jwtaudit.source import filled_in

_TAG = re.compile(
    rf"""
    (?P<line>\{{%-?\s*if\b[^\n]*?%\}}[^\n]*?\{{%-?\s*endif\b[^\n]*?%\}})  # in the midst of a line
    | (?P<steers>\{{%.*?%\}} | \{{\#.*?\#\}}) | (?P<filled>\{{\{{.*?\}}\}}) | {KEPT}
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_NOT_A_LINE_END = re.compile(r"[^\r\n]")


def without_tags(text: str) -> str:
    """The text with the tags of a template replaced; of the same length."""
    return _TAG.sub(_replaced, text)


def _replaced(match: re.Match[str]) -> str:
    if match["filled"]:
        return filled_in(match.group())
    if match["line"] or match["steers"]:
        return _NOT_A_LINE_END.sub(" ", match.group())
    return match.group()
