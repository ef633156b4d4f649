"""JavaScript inside other texts: pages, components, templates, strings.

Everything else is blanked, character for character, so that every offset stays. What a template
fills in becomes a run of ``HOLE``; what it only steers becomes blank.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

HOLE = "\ue000"
"""The character that stands for what is filled in later; in code, a letter like any other."""

# Components are no templates: their scripts are whole.
_COMPONENTS = (".vue", ".svelte", ".astro")
_OTHER_LANGUAGES = re.compile(r"(?i)json|template|handlebars|mustache|glsl|shader|python|importmap")
_TAG = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<script\b(?P<attributes>(?:[^<>\"']|\"[^\"]{0,2000}\"|'[^']{0,2000}')*)>"
    r"(?P<code>.*?)(?:</script\s*>|\Z)"
    # onclick="..."; @click="..." and v-on:click="..." of Vue and Alpine
    r"|\s(?:on[a-z]{3,24}|(?:@|v-on:|x-on:)[\w:.-]{2,80})[ \t]*=[ \t]*"
    r"(?:\"(?P<double>[^\"]{0,4000})\"|'(?P<single>[^']{0,4000})')"
    # on:click={...} and onclick={...} of Svelte, and the like of Astro
    r"|\son:?[a-z]{3,24}(?:\|\w{1,30})*[ \t]*=[ \t]*\{(?P<braced>)",
    re.DOTALL | re.IGNORECASE,
)
_BRACES = re.compile(
    r"[{}]|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`", re.DOTALL
)
_LONGEST_HANDLER = 4000
_LANG = re.compile(r"""(?i)\blang\s*=\s*["']?(tsx?|jsx)""")
_TYPE = re.compile(r"""(?i)\btype\s*=\s*["']?([\w/+.-]+)""")
_FRONTMATTER = re.compile(r"\A---[ \t]*\r?\n(?P<code>.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_FILLED = re.compile(
    r"(?P<blank>\{%.*?%\}|\{#.*?#\}|<%(?![=-]).*?%>|\{\{[!#/^>].*?\}\}|\{\{\s*else\b.*?\}\}"
    r"|<\?(?!=|php\s+echo\b).*?\?>)"
    # Mako's are told by the quotes: in others nothing is put in
    r"|\{\{\{?[^{}]*\}?\}\}|<%[=-].*?%>|<\?.*?\?>|(?<=[\"'])\$\{[^{}\"'`\n]*\}(?=[\"'])",
    re.DOTALL,
)
_TAGS = ("{{", "{%", "<%", "{#", "<?", "${")
_MINIFIED = 4096
_LONG_LINES = 400
_NOT_A_LINE_END = re.compile(r"[^\r\n]")
# One literal of Python or JavaScript, its escapes, and the fields of one that is formatted, or may
# be: `'%s'`, `'{token}'`.
_LITERAL = re.compile(
    r"(?P<prefix>\b[rbufRBUF]{1,3})?(?P<quote>\"\"\"|'''|\"|'|`)"
    r"(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P=quote)",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_FIELD = re.compile(r"(?P<brace>\{\{|\}\})|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_SUBSTITUTION = re.compile(r"\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
_PLACEHOLDER = re.compile(r"%(?:\(\w{1,60}\))?s|(?<=[\"'])\{\w{0,60}\}(?=[\"'])")
_MARKUP = re.compile(r"<[a-zA-Z!]")


class Script(NamedTuple):
    """The JavaScript of a text.

    Attributes:
        text: as long as the text that it was taken from, with everything else blanked.
        grammar: what it is written in.
    """

    text: str
    grammar: str


@functools.lru_cache(maxsize=16)
def scripts(path: str, text: str) -> Script | None:
    """The scripts of a page, a component or a template; None when it has none."""
    out: list[str] = []
    position = 0
    grammar = "javascript"
    is_template = not path.endswith(_COMPONENTS)

    def keep(start: int, end: int) -> None:
        nonlocal position
        out.append(_blank(text[position:start]))
        code = text[start:end]
        out.append(fill(code) if is_template else code)
        position = end
        if end < len(text):  # a statement ends with the place that it stands in
            out.append(";" if text[end] not in "\r\n" else text[end])
            position += 1

    if path.endswith(".astro") and (matter := _FRONTMATTER.match(text)):
        grammar = "typescript"
        keep(*matter.span("code"))
    for match in _TAG.finditer(text, position):
        if match.start() < position:
            continue
        if match["code"] is not None:
            attributes = match["attributes"]
            kind = _TYPE.search(attributes)
            if kind is not None and _OTHER_LANGUAGES.search(kind[1]):
                continue
            if _is_minified(match["code"]):
                continue
            language = _LANG.search(attributes)
            if language is not None and language[1].lower() != "jsx":
                grammar = "tsx" if language[1].lower() == "tsx" else "typescript"
            keep(*match.span("code"))
        elif match["braced"] is not None:
            end = _closing(text, match.end())
            if not is_template and end is not None:
                keep(match.end(), end)
        elif match["double"] or match["single"]:
            keep(*match.span("double" if match["double"] else "single"))
    if not out:
        return None
    out.append(_blank(text[position:]))
    return Script("".join(out), grammar)


def _closing(text: str, start: int) -> int | None:
    """Where the brace stands that closes a handler."""
    depth = 1
    for match in _BRACES.finditer(text, start, start + _LONGEST_HANDLER):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if not depth:
            return match.start()
    return None


def scripts_in_string(text: str, start: int, end: int) -> Script | None:
    """The scripts in a string of a program, which may be one itself."""
    out = [_blank(text[:start])]
    position = start
    for match in _LITERAL.finditer(text, start, end):
        body = match["body"]
        prefix = (match["prefix"] or "").lower()
        if "r" not in prefix:
            body = _ESCAPE.sub(_unescaping(), body)
        if match["quote"] == "`":
            body = _SUBSTITUTION.sub(_formatted, body)
        body = (_FIELD if "f" in prefix else _PLACEHOLDER).sub(_formatted, body)
        out += [_blank(text[position : match.start("body")]), body]
        position = match.end("body")
    out.append(_blank(text[position:]))
    whole = "".join(out)
    if _MARKUP.search(whole):
        return scripts("string.html", whole)
    return Script(fill(whole), "javascript")


def _is_minified(code: str) -> bool:
    """Whether a script is a library that was put into the page."""
    return len(code) > _MINIFIED and len(code) // (code.count("\n") + 1) > _LONG_LINES


def _unescaping() -> Callable[[re.Match[str]], str]:
    """Escapes become as long a text; the blank that a quote leaves stands outside of the quotes."""
    inside: set[str] = set()

    def unescaped(match: re.Match[str]) -> str:
        char = match[1]
        if char not in "\"'":
            return " " + char if char in "\\\n" else "  "
        inside.symmetric_difference_update(char)
        return " " + char if char in inside else char + " "

    return unescaped


def _formatted(match: re.Match[str]) -> str:
    brace = match.groupdict().get("brace")
    return " " + brace[0] if brace else _filled_in(match.group())


def fill(code: str) -> str:
    """The code of a template with its tags replaced."""
    if not any(tag in code for tag in _TAGS):
        return code
    return _FILLED.sub(_filled, code)


def _filled(match: re.Match[str]) -> str:
    text = match.group()
    return _blank(text) if match["blank"] is not None else _filled_in(text)


def _filled_in(text: str) -> str:
    return _NOT_A_LINE_END.sub(HOLE, text)


def _blank(text: str) -> str:
    return _NOT_A_LINE_END.sub(" ", text)
