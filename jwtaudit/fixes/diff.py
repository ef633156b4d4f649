"""Unified diffs of texts that may be shown; no line of them speaks to a terminal."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from jwtaudit.redact import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE_END = re.compile(r"(?<=\n)|(?<=\r)(?!\n)")


def unified(path: str, before: str, after: str, context: int = 3) -> Iterator[str]:
    """The lines of the diff of one file, without their line ends."""
    old, new = ([line for line in _LINE_END.split(text) if line] for text in (before, after))
    named = printable(path)
    for line in difflib.unified_diff(old, new, f"a/{named}", f"b/{named}", n=context):
        bare = line.rstrip("\r\n")
        yield bare[:1] + "\t".join(printable(part) for part in bare[1:].split("\t"))
        if line == bare:
            yield "\\ No newline at end of file"
