"""What is wrong with a page, said with the file, the line and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class PageError(ValueError):
    """A rule page is wrong; the message names file, line and what to do."""


def unknown(what: str, given: str, valid: Iterable[str]) -> str:
    """A sentence that names the nearest valid word."""
    import difflib  # noqa: PLC0415

    valid = sorted(valid)
    near = difflib.get_close_matches(given, valid, n=1) or difflib.get_close_matches(
        given.lower(), valid, n=1, cutoff=0.0
    )
    return f"unknown {what} {given!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def shown(page: Path) -> str:
    """A page as it is called in messages."""
    return f"rules/{page.parent.name}/{page.name}"


def refuse(page: Path, line: int, message: str) -> NoReturn:
    """Say what is wrong on a line of a page."""
    raise PageError(f"{shown(page)}:{line}: {message}")
