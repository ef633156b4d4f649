"""What an edit is as long as it concerns the text of one file only."""

from __future__ import annotations

from typing import NamedTuple


class Splice(NamedTuple):
    """Text in place of a range of characters."""

    start: int
    end: int
    text: str
