"""A rule, as its page tells it."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jwtaudit.catalog import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jwtaudit.catalog.blocks import Example, Proof
    from jwtaudit.finding import Severity

_EXAMPLES = ("Bad", "Good")
_HOME = "https://github.com/jwtaudit/jwtaudit/blob/main/rules"


# Identity is equality: a catalogue holds each rule once.
@dataclass(frozen=True, eq=False)
class Rule:
    """A rule's page.

    Attributes:
        default: whether the rule runs where nothing was selected.
        sections: heading -> text and the page's line on which that text begins; the empty
            heading holds the introduction.
    """

    id: str
    name: str
    group: str
    title: str
    summary: str
    severity: Severity
    security_severity: float
    precision: str
    cwe: tuple[int, ...]
    since: str
    fix: str
    default: bool
    references: tuple[str, ...]
    file: Path = field(repr=False)
    sections: Mapping[str, tuple[int, str]] = field(repr=False)

    @property
    def url(self) -> str:
        """The page on the web."""
        return f"{_HOME}/{self.group}/{self.name}.md"

    @functools.cached_property
    def help_markdown(self) -> str:
        """The page for a reader in a hurry: with the plainest of its examples."""
        return self._page(whole=False)

    def _page(self, *, whole: bool) -> str:
        """The page for a reader: without header, markers, and the proof's code."""
        parts = [f"# {self.title}", self.sections[""][1].strip()]
        for heading, (_, text) in self.sections.items():
            more = 0
            if heading in _EXAMPLES and not whole:
                text, more = blocks.telling(text)  # noqa: PLW2901
            if heading == "Fixed":  # why it is safe or not; what comes out, whoever fixes sees
                text = re.split(r"^(?:###|```)", text, maxsplit=1, flags=re.MULTILINE)[0]  # noqa: PLW2901
            if heading and (shown := blocks.for_readers(text)):
                parts += [f"## {heading}", shown]
            if more:
                parts.append(f"{more} more: <{self.url}>, or `jwtaudit explain --all {self.id}`.")
        if self.references:
            parts += ["## References", "\n".join(f"- <{url}>" for url in self.references)]
        return "\n\n".join(parts) + "\n"

    @functools.cached_property
    def description(self) -> str:
        """Why the rule matters, as plain text."""
        return blocks.plain(self.sections[""][1])

    @functools.cached_property
    def help_text(self) -> str:
        """Why the rule matters and what to do, as plain text."""
        return f"{self.description}\n\n{blocks.plain(self.sections['What to do'][1])}"

    def render(self, width: int, *, color: bool, whole: bool = False) -> str:
        """The page as it is shown in a terminal; ``whole`` with all its examples."""
        import io  # noqa: PLC0415

        from rich.console import Console  # noqa: PLC0415
        from rich.markdown import Markdown  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415
        from rich.theme import Theme  # noqa: PLC0415

        written = io.StringIO()
        console = Console(
            file=written,
            width=width,
            force_terminal=color,
            color_system="standard" if color else None,
            legacy_windows=False,
            theme=Theme({"markdown.h2": "bold", "markdown.h3": "italic", "markdown.code": "cyan"}),
        )
        weaknesses = ", ".join(f"CWE-{number}" for number in self.cwe)
        facts = f"{self.severity.label} · {self.group} · {weaknesses} · since {self.since}"
        if not self.default:
            facts += " · off unless selected"
        _, _, body = self._page(whole=whole).partition("\n")
        # A bare address is shown once; as a link it would be shown as text and as target.
        body = re.sub(r"<(https://[^>]+)>", r"\1", body)
        console.print(Text(f"{self.id} {self.name}", style="bold"))
        console.print(Text(f"{self.summary}\n{facts}\n", style="dim"))
        console.print(Markdown(body, code_theme="ansi_dark", hyperlinks=False))
        # Trailing blanks would wrap on a terminal that is narrower than the width asked for.
        text = "".join(f"{line.rstrip()}\n" for line in written.getvalue().splitlines())
        return re.sub(r"\n{3,}", "\n\n", text)

    def examples(self, section: str) -> tuple[Example, ...]:
        """The examples of ``Bad``, ``Good`` or ``Fixed``.

        Those of ``Fixed`` have the titles of bad ones, and the files that a fix changes.
        """
        line, text = self.sections.get(section, (0, ""))
        if section == "Fixed" and not text:
            return ()
        return blocks.examples(self.file, section, line, text)

    @functools.cached_property
    def proofs(self) -> tuple[Proof, ...]:
        """The scripts that show what the page claims; none where nothing can be run."""
        return tuple(blocks.proofs(self.file, *self.sections.get("Proof", (0, ""))))
