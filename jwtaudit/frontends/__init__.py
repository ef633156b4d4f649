"""Front ends: one per language, each turning a file's bytes into facts."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from jwtaudit.source import BLOCK

if TYPE_CHECKING:
    from jwtaudit.facts import Facts, Function
    from jwtaudit.frontends.triage import Vocabulary
    from jwtaudit.source import Source

_LANGUAGES = {
    ".py": "python",
    ".pyi": "python",
    ".pyw": "python",
    ".ipynb": "notebook",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "javascript",
    ".mts": "javascript",
    ".cts": "javascript",
    ".tsx": "javascript",
    ".html": "markup",
    ".htm": "markup",
    ".xhtml": "markup",
    ".vue": "markup",
    ".svelte": "markup",
    ".astro": "markup",
    ".jinja": "markup",
    ".jinja2": "markup",
    ".j2": "markup",
    ".njk": "markup",
    ".twig": "markup",
    ".ejs": "markup",
    ".hbs": "markup",
    ".handlebars": "markup",
    ".mustache": "markup",
    ".yaml": "config",
    ".yml": "config",
    ".toml": "config",
    ".ini": "config",
    ".cfg": "config",
    ".properties": "config",
    ".env": "config",
    ".flaskenv": "config",
    ".sh": "config",
    ".bash": "config",
    ".ps1": "config",
    ".bat": "config",
    ".mk": "config",
    ".conf": "config",
    ".service": "config",
    ".tf": "config",
    ".tfvars": "config",
    ".pem": "key",
    ".key": "key",
    ".p8": "key",
    ".md": "document",
    ".mdx": "document",
    ".markdown": "document",
}
_CONFIG = re.compile(
    r"\.envrc|[\w.-]*\.env[.-](?![\w.-]*\b(?:[cm]?[jt]sx?|php|rb|go|rs|sh|ps1|md|html?)$)[\w.-]+"
    r"|env[-_.](?:example|sample|template|dist)|(?:[\w.-]+\.)?(?:docker|container)file(?:\.[\w.-]+)?"
    r"|(?:gnu)?makefile|procfile"
    r"|[\w.-]*(?:config|settings|secret|env|credential)[\w.-]*\.json"
    r"|(?:conf|default|base|local|dev|development|staging|prod|production)\.json"
)
_PERHAPS_CONFIG = re.compile(r"env|file|\.json$")
# What names the packages of a project; `dependencies` reads them.
_MANIFEST = re.compile(
    r"(?:.*/)?(?:(?:[\w.-]+[-_.])?(?:requirements|constraints)(?:[-_.][\w.-]+)?\.(?:txt|in)"
    r"|requirements/[\w.-]+\.(?:txt|in)|(?:uv|poetry|pdm)\.lock|pylock(?:\.[\w-]+)?\.toml"
    r"|environment\.ya?ml|conda[-_]?env(?:ironment)?\.ya?ml|pyproject\.toml|pipfile(?:\.lock)?|setup\.cfg"
    r"|package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|bun\.lock"
    r"|pnpm-lock\.ya?ml)"
)
_MANIFEST_ENDS = (
    ".txt", ".in", ".lock", ".toml", ".cfg", "pipfile",
    "environment.yml", "environment.yaml", "env.yml", "env.yaml",
    "package.json", "-lock.json", "-shrinkwrap.json", "-lock.yaml", "-lock.yml",
)  # fmt: skip

STORAGE_NEEDLES = ("localStorage", "sessionStorage", "document.cookie")
MESSAGE_NEEDLE = ".postMessage("

SCRIPT_NEEDLES = (*STORAGE_NEEDLES, MESSAGE_NEEDLE)
"""What a string holds whose JavaScript is looked at."""

TEXT_NEEDLES = ("eyJ", "eyK", *SCRIPT_NEEDLES)
"""What a string literal must hold to be kept for the rules that read texts."""


class Unparsable(Exception):  # noqa: N818 - a word that reads well where it is caught
    """A file cannot be turned into facts.

    Attributes:
        message: the reason, without the file's content.
        line: the line (from 1) where it went wrong, if known.
    """

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message, line)
        self.message = message
        self.line = line


# Whose rules hold for what is inside: a page holds scripts.
PROGRAMS = {
    "python": "python",
    "notebook": "python",
    "javascript": "javascript",
    "markup": "javascript",
}
"""The languages of programs, and what they are written in."""


def program_of(path: str) -> str | None:
    """The programming language of what a file holds; None where it holds no program."""
    return PROGRAMS.get(language_of(path) or "")


@functools.lru_cache(maxsize=1 << 16)
def language_of(path: str) -> str | None:
    """The language of a file by its name; None when there is no front end for it."""
    path = path.lower()
    name = path[path.rfind("/") + 1 :]
    found = _LANGUAGES.get(name[name.rfind(".") :])
    if name.endswith(_MANIFEST_ENDS) and _MANIFEST.fullmatch(path):
        return "manifest"
    if found is None and _PERHAPS_CONFIG.search(name) and _CONFIG.fullmatch(name):
        return "config"
    return found


def is_program(path: str) -> bool:
    """Whether a file is what the tool is about: one that cannot be read must not go unsaid.

    Configuration is looked at where it can be read; a template of a manifest is no YAML.
    """
    return language_of(path) not in ("config", "manifest", "document", "key")


@functools.lru_cache(maxsize=64)
def read(path: str, data: bytes) -> Source:
    """Decode a file as its language does; who looks at a file twice gets the same.

    Raises:
        Unparsable: the bytes are not text in the declared encoding.
    """
    from jwtaudit.frontends.text import decode

    language = language_of(path)
    if BLOCK in path:
        from jwtaudit.frontends import documents

        return documents.read(path, decode(path, data, cookie=False))
    return decode(path, data, cookie=language == "python", wide=language == "manifest")


def extract(path: str, data: bytes, vocabulary: Vocabulary | None = None) -> Facts:
    """The facts of one file: a pure function of its name, its bytes and the vocabulary.

    Without a vocabulary the whole file is read. With one, a file that cannot matter gives facts
    that say so, and bodies of functions that cannot matter are omitted.

    Raises:
        Unparsable: the file is not valid text or not valid source.
    """
    language = language_of(path)
    if language == "python" and BLOCK in path:
        from jwtaudit.frontends.python import lower_block

        return lower_block(read(path, data))
    if language == "python":
        from jwtaudit.frontends.triage import matters

        if vocabulary is not None and not matters(data, vocabulary):
            from jwtaudit.facts import Facts

            return Facts(path, "python", relevant=False)
        from jwtaudit.frontends.python import lower

        return lower(read(path, data), vocabulary)
    if language == "notebook":
        from jwtaudit.frontends.python import lower_notebook

        return lower_notebook(read(path, data), vocabulary)
    if language in ("javascript", "markup"):
        from jwtaudit.frontends.triage import matters_as_script

        if vocabulary is not None and not matters_as_script(data, vocabulary):
            from jwtaudit.facts import Facts

            return Facts(path, "javascript", relevant=False)
        from jwtaudit.frontends import javascript

        lower_script = javascript.lower if language == "javascript" else javascript.lower_page
        return lower_script(read(path, data), vocabulary)
    if language == "config":
        from jwtaudit.frontends.config import lower_config

        return lower_config(read(path, data))
    if language == "key":
        from jwtaudit.frontends.config import lower_key

        return lower_key(read(path, data))
    from jwtaudit.frontends.text import lower_text

    return lower_text(read(path, data))


def extract_function(path: str, data: bytes, start: int) -> Function | None:
    """The function that begins at an offset, with its body.

    Raises:
        Unparsable: as ``extract``.
    """
    if program_of(path) == "javascript":
        from jwtaudit.frontends import javascript

        return javascript.lower_function(read(path, data), start)
    from jwtaudit.frontends.python import lower_function

    return lower_function(read(path, data), start)
