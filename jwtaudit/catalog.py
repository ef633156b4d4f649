"""The rule catalogue: loads and validates the pages ``rules/<group>/<name>.md``.

A page is the rule's documentation, its SARIF help and its test at once. Headers are read at
load time and a wrong page is refused there, with a sentence that says where and what to do.
Bodies are taken apart only when somebody looks.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import tomli

from jwtaudit.finding import Confidence, Severity
from jwtaudit.resources import rules_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

_HOME = "https://github.com/jwtaudit/jwtaudit/blob/main/rules"

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

# A fence is taken as a whole, so that a comment "## x" in code is no heading.
_FENCE = r"^```(?P<info>[^\n`]*)\n(?P<code>.*?)^```[ \t]*$"
_SECTION_OR_FENCE = re.compile(rf"{_FENCE}|^## +(?P<heading>.+?) *$", re.MULTILINE | re.DOTALL)
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


class PageError(ValueError):
    """A rule page is wrong; the message names file, line and what to do."""


class SelectorError(ValueError):
    """A selector names no rule; the message names the nearest one that does."""


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
        """The page for a reader: without header, markers, and the proof's code."""
        parts = [f"# {self.title}", self.sections[""][1].strip()]
        for heading, (_, text) in self.sections.items():
            if heading == "Fixed":  # why it is safe or not; what comes out, whoever fixes sees
                text = re.split(r"^(?:###|```)", text, maxsplit=1, flags=re.MULTILINE)[0]  # noqa: PLW2901
            if heading and (shown := _for_readers(text)):
                parts += [f"## {heading}", shown]
        if self.references:
            parts += ["## References", "\n".join(f"- <{url}>" for url in self.references)]
        return "\n\n".join(parts) + "\n"

    @functools.cached_property
    def description(self) -> str:
        """Why the rule matters, as plain text."""
        return _plain(self.sections[""][1])

    @functools.cached_property
    def help_text(self) -> str:
        """Why the rule matters and what to do, as plain text."""
        return f"{self.description}\n\n{_plain(self.sections['What to do'][1])}"

    def render(self, width: int, *, color: bool) -> str:
        """The page as it is shown in a terminal."""
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
        _, _, body = self.help_markdown.partition("\n")
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
        grouped: dict[str, list[ExampleFile]] = {}
        title = ""
        for match in _TITLE_OR_FENCE.finditer(text):
            at = line + text.count("\n", 0, match.start())
            if heading := match["heading"]:
                if heading in grouped:
                    _refuse(self.file, at, f'a second example "{heading}"; give it another title')
                title = heading
                continue
            files = grouped.setdefault(title, [])
            files.append(self._example_file(match, at, section))
            if files[-1].path in {other.path for other in files[:-1]}:
                _refuse(
                    self.file,
                    at,
                    f"a second {files[-1].path} in one example; begin a new example with a"
                    ' "### title", or name the file with file=',
                )
        if not grouped:
            _refuse(self.file, line, f'section "{section}" shows no code; add a fenced block')
        return tuple(Example(title, tuple(files)) for title, files in grouped.items())

    def _example_file(self, match: re.Match[str], line: int, section: str) -> ExampleFile:
        words, options = _info(match["info"])
        language = words[0] if words else ""
        path = options.get("file", DEFAULT_FILES.get(language))
        if path is None:
            _refuse(
                self.file,
                line,
                f'the block "```{match["info"]}" names no file; write ```python, or ```text'
                " file=requirements.txt",
            )
        lines, expected = [], []
        for number, text in enumerate(match["code"].split("\n"), 1):
            code, marks = _split_marker(text)
            lines.append(code)
            if marks is None:
                marker = "# JWT201: high"
                _refuse(self.file, line + number, f'write an expected finding as "{marker}"')
            expected += [Expectation(number, *mark) for mark in marks]
        if expected and section != "Bad":
            at = line + expected[0].line
            what = f"a {section.lower()} example"
            _refuse(self.file, at, f"{what} expects a finding; remove the marker")
        return ExampleFile(path, language, "\n".join(lines), tuple(expected), line + 1)

    @functools.cached_property
    def proofs(self) -> tuple[Proof, ...]:
        """The scripts that show what the page claims; none where nothing can be run."""
        line, text = self.sections.get("Proof", (0, ""))
        return tuple(
            self._proof(words[0], match, options, line + text.count("\n", 0, match.start()))
            for match in _SECTION_OR_FENCE.finditer(text)
            for words, options in [_info(match["info"])]
            if words[1:] == ["proof"]
        )

    def _proof(
        self, language: str, match: re.Match[str], options: Mapping[str, str], line: int
    ) -> Proof:
        requires = tuple(options.get("requires", "").split())
        pin, wanted = _PINS.get(language, _PINS["python"])
        if not requires or not all(pin.search(requirement) for requirement in requires):
            _refuse(self.file, line, f"a proof names its libraries with versions: {wanted}")
        return Proof(requires, match["code"], line + 1, language)


class Catalog:
    """All rules."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Take rules of different ids and names."""
        self.rules: tuple[Rule, ...] = tuple(sorted(rules, key=lambda rule: rule.id))
        self._known: dict[str, Rule] = {}
        for rule in self.rules:
            for key in (rule.id, rule.name):
                if key in self._known:
                    other = self._known[key].file
                    _refuse(rule.file, 1, f"{key} is taken by {_shown(other)}; choose another")
                self._known[key] = rule

    def find(self, key: str) -> Rule:
        """The rule of an id (in any case) or a name."""
        rule = self._known.get(key) or self._known.get(key.upper())
        if rule is None:
            raise SelectorError(_unknown("rule", key, self._known))
        return rule

    def select(self, selectors: Iterable[str]) -> frozenset[str]:
        """The ids that selectors name: ids, prefixes such as ``JWT2``, groups, rule names."""
        return frozenset(id_ for selector in selectors for id_ in self._selected(selector))

    def _selected(self, selector: str) -> list[str]:
        if selector in self._known:
            return [self._known[selector].id]
        prefix = selector.upper()
        ids = [
            rule.id
            for rule in self.rules
            if rule.group == selector or (prefix.startswith("JWT") and rule.id.startswith(prefix))
        ]
        if not ids:
            groups = {rule.group for rule in self.rules}
            raise SelectorError(_unknown("rule selector", selector, [*self._known, *groups]))
        return ids


@functools.cache
def load(directory: Path | None = None) -> Catalog:
    """The catalogue of a rules directory; by default the one that belongs to this program."""
    directory = directory or rules_directory()
    return Catalog(read_page(page) for page in sorted(directory.glob("*/*.md")))


def read_page(page: Path) -> Rule:
    """Load one page; its body stays text."""
    try:
        text = page.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        _refuse(page, 1, "the page is not UTF-8; save it as such")
    opening, _, rest = text.partition("\n")
    if opening.rstrip() != "+++" or "\n+++\n" not in rest:
        _refuse(page, 1, "a page begins with a TOML header between two lines +++")
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
        _refuse(page, 1, f"the header is not TOML: {error}")
    for key in values:
        if key not in _HEADER:
            _refuse(page, line_of(key), _unknown("key", key, _HEADER))
    for key, (right, wanted) in _HEADER.items():
        if key not in values:
            _refuse(page, 1, f"{key} is missing; add {wanted}")
        if not right(values[key]):
            _refuse(page, line_of(key), f"{key} must be {wanted}")
    if values["name"] != page.stem:
        _refuse(page, line_of("name"), f'name must be the file\'s name, "{page.stem}"')
    low, high = _BANDS[Severity[values["severity"].upper()]]
    if not low <= values["security-severity"] <= high:
        wanted = f"from {low} to {high}, or change severity"
        message = f'security-severity of severity "{values["severity"]}" must be {wanted}'
        _refuse(page, line_of("security-severity"), message)
    return values


def _read_body(
    page: Path, body: str, first_line: int, fix: str
) -> tuple[str, dict[str, tuple[int, str]]]:
    title = re.match(r"\s*# +(.+?) *\n", body)
    if not title:
        _refuse(page, first_line, 'after the header comes the title, as in "# Hardcoded key"')
    sections: dict[str, tuple[int, str]] = {}
    heading, start = "", title.end()
    for match in _SECTION_OR_FENCE.finditer(body):
        if not match["heading"]:
            continue
        sections[heading] = first_line + body.count("\n", 0, start), body[start : match.start()]
        heading, start = match["heading"], match.end() + 1
        line = first_line + body.count("\n", 0, match.start())
        if heading not in _SECTIONS:
            _refuse(page, line, _unknown("section", heading, _SECTIONS))
        if heading in sections:
            _refuse(page, line, f'a second section "{heading}"; join the two')
    sections[heading] = first_line + body.count("\n", 0, start), body[start:]
    for required in _REQUIRED_SECTIONS:
        if required not in sections:
            _refuse(page, first_line, f'section "{required}" is missing; add "## {required}"')
    if (fix == "none") == ("Fixed" in sections):
        message = 'a rule with a fix, and no other, has a section "Fixed" that says why it is safe'
        _refuse(page, first_line, f"{message} or not, and shows what comes out")
    if not sections[""][1].strip():
        _refuse(page, first_line, "below the title, say in a few sentences why it matters")
    return title[1], sections


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


def _split_marker(line: str) -> tuple[str, list[tuple[str, Confidence]] | None]:
    """A line's code and what its marker expects; None stands for a marker that is misspelt."""
    match = _MARKER.search(line)
    if match is None:
        return line, None if _MARKER_ATTEMPT.search(line) else []
    marks = (mark.split(": ") for mark in match["marks"].split(", "))
    expected = [(rule_id, Confidence[label.upper()]) for rule_id, label in marks]
    return line[: match.start()], expected


def _for_readers(text: str) -> str:
    """A section without the markers of its code blocks, and without proofs."""

    def block(match: re.Match[str]) -> str:
        if match["heading"]:
            return match[0]
        words, options = _info(match["info"])
        if "proof" in words:
            return ""
        lines = [_split_marker(line)[0] for line in match["code"].split("\n")]
        named = f"`{options['file']}`\n\n" if "file" in options else ""
        return f"{named}```{' '.join(words)}\n" + "\n".join(lines) + "```"

    return _TITLE_OR_FENCE.sub(block, text).strip()


def _plain(markdown: str) -> str:
    """Prose without Markdown's signs, one line per paragraph; code blocks are left out."""
    prose = re.sub(_FENCE, "", markdown, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", prose).replace("`", "").replace("**", "")
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", prose.strip()))


def _unknown(what: str, given: str, valid: Iterable[str]) -> str:
    """A sentence that names the nearest valid word."""
    import difflib  # noqa: PLC0415

    valid = sorted(valid)
    near = difflib.get_close_matches(given, valid, n=1) or difflib.get_close_matches(
        given.lower(), valid, n=1, cutoff=0.0
    )
    return f"unknown {what} {given!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def _shown(page: Path) -> str:
    return f"rules/{page.parent.name}/{page.name}"


def _refuse(page: Path, line: int, message: str) -> NoReturn:
    raise PageError(f"{_shown(page)}:{line}: {message}")
