"""Output formats.

A format is a module of this package that has a function ``write(report, rules, stream,
options)``; its name is the format's name. There is no list of them. Everything that a format
gets has been redacted; paths are as on disk, and pass through ``redact.printable`` on their way
to a terminal.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from jwtaudit.finding import Report, Severity


class Rule(Protocol):
    """What formats read of a rule."""

    # ruff: noqa: D102
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def security_severity(self) -> float: ...
    @property
    def precision(self) -> str: ...
    @property
    def cwe(self) -> tuple[int, ...]: ...
    @property
    def references(self) -> tuple[str, ...]: ...
    @property
    def help_markdown(self) -> str: ...
    @property
    def help_text(self) -> str: ...
    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Options:
    """How to print.

    Attributes:
        color: whether the stream takes ANSI escapes; the caller looks at NO_COLOR and the
            terminal.
        width: columns to wrap prose and cut frames at; 0 stands for a stream without an edge.
        frames: whether to show source lines.
        fixes: whether to show what fixes change.
        verbosity: -1 leaves the summary out, 1 lists what is otherwise only counted.
        category: tells apart several SARIF uploads for one commit.
    """

    color: bool = False
    width: int = 0
    frames: bool = True
    fixes: bool = False
    verbosity: int = 0
    category: str = ""


if TYPE_CHECKING:
    Write = Callable[[Report, Sequence[Rule], TextIO, Options], None]


def names() -> list[str]:
    """The formats that there are."""
    import pkgutil  # noqa: PLC0415

    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def find(name: str) -> Write:
    """The ``write`` of a format; ValueError names the formats if there is none."""
    if not name.isidentifier() or name not in names():
        raise ValueError(f"unknown output format {name!r}; there are {', '.join(names())}")
    module = importlib.import_module(f"{__name__}.{name}")
    return cast("Write", module.write)


def carries_edits(name: str) -> bool:
    """Whether a format says of each fix by itself what it changes (``EDITS`` of its module)."""
    module = importlib.import_module(f"{__name__}.{name}") if name in names() else None
    return bool(getattr(module, "EDITS", False))
