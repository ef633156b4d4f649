"""What is known of the terminal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def wants_color(stream: TextIO, *, off: bool) -> bool:
    """Whether to write colours: on a terminal, unless somebody says no."""
    no = off or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return not no and stream.isatty()


def width(stream: TextIO) -> int:
    """The columns to wrap at; 0 for a stream without an edge."""
    if not stream.isatty() and "COLUMNS" not in os.environ:
        return 0
    import shutil  # noqa: PLC0415

    return shutil.get_terminal_size().columns
