"""Manifests and lock files of npm, Yarn, pnpm and Bun.

The locks are long and made by machines, so that they are read line by line for names and versions
alone. Those of copies that other packages keep for themselves are left out where a lock tells.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from jwtaudit.dependencies.manifests import BrokenManifestError, Declared, Ecosystem, kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_SECTIONS = {
    "dependencies": False,
    "optionalDependencies": False,
    "peerDependencies": False,
    "devDependencies": True,
}
_NAME = r"(?:@[^/@\s\"']+/)?[^/@\s\"']+"


def _package_json(text: str, path: Path) -> Iterator[Declared]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenManifestError(f"not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise BrokenManifestError("not an object")
    forced = {
        name.rpartition("**/")[2]: version
        for overrides in (
            document.get("overrides"),
            document.get("resolutions"),
            _table(document, "pnpm").get("overrides"),
        )
        for name, version in (overrides.items() if isinstance(overrides, dict) else ())
        if isinstance(version, str) and not version.startswith("$")
    }
    for section, development in _SECTIONS.items():
        for name, written in _table(document, section).items():
            if isinstance(written, str):
                line = _line_of(text, name, written)
                found = forced.get(name, written)
                package, found = _renamed(name, found)
                yield Declared(package, specifier(found), line, found, development)


def _table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}


def _renamed(name: str, written: str) -> tuple[str, str]:
    """The package that is meant by ``"name": "npm:package@range"``."""
    match = re.fullmatch(rf"npm:({_NAME})(?:@(.*))?", written)
    return (match[1], match[2] or "") if match else (name, written)


def _line_of(text: str, name: str, written: str) -> int:
    """The line that requires a package; its name may be the key of other things as well."""
    key = rf"{re.escape(json.dumps(name, ensure_ascii=False))}\s*:"
    value = rf"\s*{re.escape(json.dumps(written, ensure_ascii=False))}"
    match = re.search(key + value, text) or re.search(key, text)
    return text.count("\n", 0, match.start()) + 1 if match else 1


# -- ranges --------------------------------------------------------------------------------------

_COMPARATOR = re.compile(
    r"(?P<sign>~>|[<>]=?|[\^~=])?\s*v?(?P<version>[\dxX*][\dxX*.]*)(?:-(?P<pre>[\w.-]+))?(?:\+\S*)?"
)
_PARTS = 3
_PRE_RELEASES = {"alpha": "a", "beta": "b", "rc": "rc"}


def specifier(written: str) -> str:
    """A range of npm in the form of PEP 440; empty for any version, a tag, or an address."""
    alternatives = []
    for alternative in written.split("||"):
        found = _alternative(alternative.strip())
        if not found:
            return ""
        alternatives.append(found)
    return " || ".join(alternatives)


def _alternative(text: str) -> str:
    lower, hyphen, upper = text.partition(" - ")
    if hyphen:
        text = f">={lower.strip()} <={upper.strip()}"
    parts: list[str] = []
    position = 0
    while position < len(text):
        match = _COMPARATOR.match(text, position)
        if match is None:
            return ""
        parts += _comparator(match["sign"] or "", match["version"], match["pre"] or "")
        position = match.end()
        blank = re.match(r"[\s,]*", text[position:])
        if position < len(text) and not (blank and blank[0]):
            return ""
        position += len(blank[0]) if blank else 0
    return ",".join(parts)


def _comparator(sign: str, version: str, pre: str) -> list[str]:
    numbers = []
    for part in version.strip(".").split("."):
        if not part.isdecimal() or len(part) > 9:
            break
        numbers.append(int(part))
    if not numbers:
        return []
    exact = _dotted(numbers) + (_pre_release(pre) if len(numbers) == _PARTS else "")
    if sign == "^":
        # The leftmost number that is not zero stays; where all are, the last that is given.
        kept = next((i for i, number in enumerate(numbers) if number), len(numbers) - 1)
        return [f">={exact}", f"<{_next(numbers[: kept + 1])}"]
    if sign in ("~", "~>"):
        return [f">={exact}", f"<{_next(numbers[:2])}"]
    if sign == ">" and len(numbers) < _PARTS:
        return [f">={_next(numbers)}"]
    if sign == "<=" and len(numbers) < _PARTS:
        return [f"<{_next(numbers)}"]
    if sign in ("", "=") and len(numbers) < _PARTS:
        return [f"=={exact}.*"]
    return [f"{'==' if sign in ('', '=') else sign}{exact}"]


def _next(numbers: list[int]) -> str:
    return _dotted([*numbers[:-1], numbers[-1] + 1])


def _dotted(numbers: list[int]) -> str:
    return ".".join(map(str, numbers))


def _pre_release(text: str) -> str:
    """As PEP 440 knows it; what it does not know comes before all else."""
    if not text:
        return ""
    match = re.fullmatch(r"(alpha|beta|rc)[.-]?(\d{0,9})", text, re.IGNORECASE)
    return f"{_PRE_RELEASES[match[1].lower()]}{match[2] or 0}" if match else ".dev0"


def _told(version: str) -> str:
    """The specifier of a version in a lock; empty where it is no number."""
    if re.fullmatch(r"(?:\d{1,9}\.){2}\d{1,9}", version):  # nearly all, and there are many
        return f"=={version}"
    found = _alternative(version)
    return found if found.startswith("==") and not found.endswith("*") else ""


# -- lock files ----------------------------------------------------------------------------------


def _package_lock(text: str, path: Path) -> Iterator[Declared]:
    """Of all lock file versions; only what lies directly in a ``node_modules`` of the project."""
    indent = re.search(r"^([ \t]+)\"", text, re.MULTILINE)
    unit = indent[1] * 2 if indent else "    "
    inside = r"(?:(?!node_modules/)[^\"\n/]+/)*node_modules/"
    folder = inside if '"node_modules/' in text else ""
    entry = re.compile(
        rf"^{unit}\"{folder}(?P<name>{_NAME})\": \{{\s*"
        r"(?:\"name\": \"(?P<package>[^\"]+)\",\s*)?\"version\": \"(?P<version>[^\"]+)\"",
        re.MULTILINE,
    )
    for match, line in _with_lines(entry, text):
        package, version = _renamed(match["package"] or match["name"], match["version"])
        yield from _locked(package, version, line)


_YARN = re.compile(
    rf"^\"?(?P<name>{_NAME})@(?!workspace:)[^\n]*:\n(?:  [^\n]*\n)*?"
    r"  version:? \"?(?P<version>[^\"\s]+)",
    re.MULTILINE,
)


def _yarn_lock(text: str, path: Path) -> Iterator[Declared]:
    for match, line in _with_lines(_YARN, text):
        yield from _locked(match["name"], match["version"], line)


_PNPM = re.compile(
    rf"^  ['\"]?/?(?P<name>{_NAME})[@/](?P<version>\d[\w.-]*?)(?:[(_][^\n]*)?['\"]?:", re.MULTILINE
)


def _pnpm_lock(text: str, path: Path) -> Iterator[Declared]:
    start = re.search(r"^packages:", text, re.MULTILINE)
    end = re.search(r"^snapshots:", text, re.MULTILINE)
    for match, line in _with_lines(
        _PNPM, text, start.end() if start else 0, end.start() if end else len(text)
    ):
        yield from _locked(match["name"], match["version"], line)


_BUN = re.compile(rf"^\s+\"{_NAME}\": \[\"(?P<name>{_NAME})@(?P<version>\d[^\"]*)\"", re.MULTILINE)


def _bun_lock(text: str, path: Path) -> Iterator[Declared]:
    for match, line in _with_lines(_BUN, text):
        yield from _locked(match["name"], match["version"], line)


def _with_lines(
    pattern: re.Pattern[str], text: str, start: int = 0, end: int | None = None
) -> Iterator[tuple[re.Match[str], int]]:
    """The matches of a pattern, each with its line, in one pass."""
    line, seen = 1, 0
    for match in pattern.finditer(text, start, len(text) if end is None else end):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        yield match, line


def _locked(name: str, version: str, line: int) -> Iterator[Declared]:
    if found := _told(version):
        yield Declared(name, found, line, version)


ECOSYSTEM = Ecosystem(
    "npm",
    (
        kind(r"package-lock\.json|npm-shrinkwrap\.json", _package_lock, lock=True),
        kind(r"yarn\.lock", _yarn_lock, lock=True),
        kind(r"pnpm-lock\.ya?ml", _pnpm_lock, lock=True),
        kind(r"bun\.lock", _bun_lock, lock=True),
        kind(r"package\.json", _package_json, lock=False),
    ),
    ("package.json", "package-lock.json", "npm-shrinkwrap.json", ".lock", ".yaml", ".yml"),
    str,
    copies=True,
)
