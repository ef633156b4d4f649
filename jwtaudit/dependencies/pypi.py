"""Manifests and lock files of Python projects."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import tomli

from jwtaudit.dependencies.manifests import (
    BrokenManifestError,
    Declared,
    Ecosystem,
    kind,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_INCLUDES = 8


def normalised(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomli.loads(text)
    except (ValueError, RecursionError) as error:  # a ValueError also for huge numbers
        raise BrokenManifestError(f"not valid TOML: {error or 'nested too deeply'}") from None


# -- requirement lines ---------------------------------------------------------------------------

_REQUIREMENT = re.compile(
    r"""\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*
        (?:\[[^\[\]]*\])?\s*
        (?P<specifier>\(?[^;@#]*)
        (?P<url>@)?""",
    re.VERBOSE,
)
_OPERATOR = re.compile(r"\s*(?:[<>=!~]=?=?|\Z)")


def _requirement(text: str, line: int | None) -> Declared | None:
    match = _REQUIREMENT.match(text)
    if match is None:
        return None
    if match["url"]:
        return Declared(match["name"], "", line)
    specifier = re.split(r"\s--?[a-z]", match["specifier"])[0].strip().strip("()").strip()
    return Declared(match["name"], specifier, line) if _OPERATOR.match(specifier) else None


def _requirements(text: str, path: Path, depth: int = 0) -> Iterator[Declared]:
    """``requirements.txt`` with the files that it includes from its own directory and below."""
    joined = re.sub(r"\\\n", "  ", text)  # keeps offsets; a continued line counts as its first
    starts = {offset: number for number, offset in enumerate(_line_offsets(text), 1)}
    offset = 0
    for line in joined.split("\n"):
        number = starts.get(offset)
        offset += len(line) + 1
        content = re.sub(r"(^|\s)#.*", "", line).strip()
        include = re.match(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", content)
        if include is not None:
            target = path.parent / include[1]
            if depth < _MAX_INCLUDES and ".." not in PurePath(include[1]).parts:
                try:
                    # Lines of another file would be wrong here.
                    inner = _requirements(text_of(target, path.parent), target, depth + 1)
                    yield from (declared._replace(line=number) for declared in inner)
                except BrokenManifestError:
                    continue  # pip would say so; a missing include is no news here
        elif content and not content.startswith("-"):
            declared = _requirement(content, number)
            if declared is not None:
                yield declared


def _requirements_alone(text: str, path: Path) -> Iterator[Declared]:
    return _requirements(text, path, _MAX_INCLUDES)


def _line_offsets(text: str) -> Iterator[int]:
    yield 0
    for match in re.finditer("\n", text):
        yield match.end()


def _setup_py(text: str, path: Path) -> Iterator[Declared]:
    """The string literals of ``setup.py`` that are requirements with a version."""
    pattern = r"""["']([A-Za-z0-9][\w.-]*(?:\[[\w, -]*\])?\s*[(<>=!~][^"'\n]*)["']"""
    for number, line in enumerate(text.split("\n"), 1):
        for match in re.finditer(pattern, line):
            declared = _requirement(match[1], number)
            if declared is not None and declared.specifier:
                yield declared


def _setup_cfg(text: str, path: Path) -> Iterator[Declared]:
    import configparser  # noqa: PLC0415

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise BrokenManifestError(f"not valid: {str(error).splitlines()[0]}") from None
    lines = _lines(text)
    lists = [parser.get("options", "install_requires", fallback="")]
    if parser.has_section("options.extras_require"):
        lists.extend(parser["options.extras_require"].values())
    for content in lists:
        for declared in _requirements(content, path, _MAX_INCLUDES):
            yield declared._replace(line=lines.get(normalised(declared.name)))


# -- TOML manifests ------------------------------------------------------------------------------


def _pyproject(text: str, path: Path) -> Iterator[Declared]:
    document, lines = _toml(text), _lines(text)
    project = _table(document, "project")
    tool = _table(document, "tool")
    groups: list[tuple[str, Any]] = [("", project.get("dependencies"))]
    groups += _table(project, "optional-dependencies").items()
    groups += _table(document, "dependency-groups").items()
    groups.append(("dev", _table(tool, "uv").get("dev-dependencies")))
    groups += (("dev", group) for group in _table(tool, "pdm", "dev-dependencies").values())
    for group, items in groups:
        for item in items if isinstance(items, list) else ():
            declared = _requirement(item, None) if isinstance(item, str) else None
            if declared is not None:
                line = lines.get(normalised(declared.name))
                yield declared._replace(line=line, development=_is_for_work(group))
    poetry = _table(tool, "poetry")
    tables = [("", _table(poetry, "dependencies")), ("dev", _table(poetry, "dev-dependencies"))]
    tables += [(g, _table(poetry, "group", g, "dependencies")) for g in _table(poetry, "group")]
    for group, table in tables:
        for name, value in table.items():
            yield Declared(
                name,
                poetry_specifier(_version_text(value)),
                lines.get(normalised(name)),
                development=_is_for_work(group),
            )


_WORK = re.compile(
    r"(?:.*[-_])?(?:dev|develop|development|tests?|testing|lint|linting|docs?|typing|types|ci)"
    r"(?:[-_].*)?",
    re.IGNORECASE,
)


def _is_for_work(group: str) -> bool:
    """Whether a group of requirements is for those who work on the program, by its name."""
    return bool(_WORK.fullmatch(group))


def _pipfile(text: str, path: Path) -> Iterator[Declared]:
    document, lines = _toml(text), _lines(text)
    for section in ("packages", "dev-packages"):
        for name, value in _table(document, section).items():
            specifier = _version_text(value)
            line = lines.get(normalised(name))
            development = section != "packages"
            specifier = "" if specifier == "*" else specifier
            yield Declared(name, specifier, line, development=development)


def _table(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    current: Any = document
    for key in keys:
        current = current.get(key) if isinstance(current, dict) else None
    return current if isinstance(current, dict) else {}


def _version_text(value: Any) -> str:
    """The version in a Poetry or Pipenv entry: text, a table, or a list of tables."""
    if isinstance(value, list):
        value = value[-1] if value else ""
    if isinstance(value, dict):
        value = value.get("version", "")
    return value if isinstance(value, str) else ""


def poetry_specifier(text: str) -> str:
    """A Poetry constraint as PEP 440: ``^2.4`` is ``>=2.4,<3``, a bare version is exact."""
    parts = []
    for part in re.split(r"\|\|?", text)[-1].split(","):
        part = part.strip()  # noqa: PLW2901
        numbers = re.match(r"[\^~]\s*(\d{1,9}(?:\.\d{1,9})*)", part)
        if part.startswith(("~=", "=", "<", ">", "!")):
            parts.append("=" + part if re.match(r"=[^=]", part) else part)
        elif numbers is not None:
            parts.append(_bounds(part[0], numbers[1]))
        elif re.match(r"\d", part):
            parts.append("==" + part)
    return ",".join(parts)


def _bounds(sign: str, version: str) -> str:
    numbers = [int(n) for n in version.split(".")]
    if sign == "~":
        kept = min(2, len(numbers))
    else:
        kept = next((i + 1 for i, n in enumerate(numbers) if n), len(numbers))
    upper = [*numbers[: kept - 1], numbers[kept - 1] + 1]
    return f">={version},<{'.'.join(map(str, upper))}"


def _lines(text: str) -> dict[str, int]:
    """Normalised word -> the first line, comments left out, that has it."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.lstrip().startswith("#"):
            for word in re.findall(r"[A-Za-z0-9][\w.-]*", line):
                found.setdefault(normalised(word), number)
                if line.startswith("["):  # a table of its own: `[tool.poetry.dependencies.pyjwt]`
                    found.setdefault(normalised(word.rpartition(".")[2]), number)
    return found


# -- lock files ----------------------------------------------------------------------------------

_KEY = re.compile(r"""(name|version)\s*=\s*["']([^"']*)["']""")


def _lock(text: str, path: Path) -> Iterator[Declared]:
    """uv, Poetry, PDM and PEP 751: ``name`` and ``version`` at the head of a package's table.

    Read line by line: the files are long, made by machines, and wanted for two keys alone.
    """
    name: str | None = None
    line = 0
    inside = False
    for number, content in enumerate(text.split("\n"), 1):
        if content.startswith("["):
            inside = content.rstrip() in ("[[package]]", "[[packages]]")
            name = None
        elif inside and content.startswith(("name", "version")):
            match = _KEY.match(content)
            if match is None:
                continue
            if match[1] == "name":
                name, line = match[2], number
            elif name is not None:
                yield Declared(name, "==" + match[2], line)


def _pipfile_lock(text: str, path: Path) -> Iterator[Declared]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenManifestError(f"not valid JSON: {error}") from None
    lines = _lines(text)
    for section in ("default", "develop"):
        for name, value in _table({"": document}, "", section).items():
            specifier = _version_text(value)
            if specifier:
                line = lines.get(normalised(name))
                yield Declared(name, specifier, line, development=section == "develop")


# -- environments of conda -----------------------------------------------------------------------

_ITEM = re.compile(r"\s*-\s+[\"']?(?:[\w-]+::)?(?P<text>[A-Za-z0-9][^\"'#]*)")
_SINGLE = re.compile(r"(?P<name>[\w.-]+)\s*=\s*(?P<version>\d[\w.]*)(?:=.*|\.\*)?\s*")


def _conda(text: str, path: Path) -> Iterator[Declared]:
    """The items under ``dependencies``, and those below that pip installs."""
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if re.match(r"\w", line):
            inside = line.startswith("dependencies:")
        item = _ITEM.match(line) if inside else None
        if item is None:
            continue
        single = _SINGLE.fullmatch(item["text"].strip())
        if single is None:
            declared = _requirement(item["text"], number)
        else:  # ``name=1.2`` is any 1.2 there
            full = single["version"].count(".") > 1
            specifier = f"=={single['version']}{'' if full else '.*'}"
            declared = Declared(single["name"], specifier, number)
        if declared is not None:
            yield declared


ECOSYSTEM = Ecosystem(
    "pypi",
    (
        kind(r"(?:uv|poetry|pdm)\.lock|pylock(?:\.[\w-]+)?\.toml", _lock, lock=True),
        kind(r"pipfile\.lock", _pipfile_lock, lock=True),
        kind(r"pyproject\.toml", _pyproject, lock=False),
        kind(r"pipfile", _pipfile, lock=False),
        kind(
            r"(?:[\w.-]+[-_.])?(?:requirements|constraints)(?:[-_.][\w.-]+)?\.(?:txt|in)"
            r"|requirements/[\w.-]+\.(?:txt|in)",
            _requirements,
            lock=False,
            alone=_requirements_alone,
        ),
        kind(r"setup\.py", _setup_py, lock=False),
        kind(r"setup\.cfg", _setup_cfg, lock=False),
        kind(r"environment\.ya?ml|conda[-_]?env(?:ironment)?\.ya?ml", _conda, lock=False),
    ),
    (".txt", ".in", ".lock", ".toml", "pipfile", "setup.py", "setup.cfg", ".yml", ".yaml"),
    normalised,
    lambda path: path.suffix in (".txt", ".in") and _is_for_work(path.stem.replace(".", "-")),
)
