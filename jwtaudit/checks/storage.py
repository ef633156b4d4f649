"""Tokens kept where every script of a page can read them: JavaScript in strings and templates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jwtaudit.checks import check
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import is_demonstration, is_test
from jwtaudit.program.names import is_other_token, is_token_name, words
from jwtaudit.source import Place, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.facts import TextFact
    from jwtaudit.program import Project

_STORE = r"\b(?:localStorage|sessionStorage)"
_WRITES = (
    # localStorage.setItem('token', data.token)
    re.compile(_STORE + r"\s*\.\s*setItem\s*\(\s*(?P<key>[^,()]{1,80}?)\s*,\s*(?P<value>[^;\n]*)"),
    # localStorage.token = ...
    re.compile(_STORE + r"\s*\.\s*(?!setItem\b)(?P<key>\w+)\s*=(?![=>])\s*(?P<value>[^;\n]*)"),
    # localStorage["token"] = ...
    re.compile(_STORE + r"\s*\[\s*(?P<key>[^\]]{1,80})\]\s*=(?![=>])\s*(?P<value>[^;\n]*)"),
    # document.cookie = "token=" + ...
    re.compile(r"\bdocument\s*\.\s*cookie\s*=(?![=>])\s*[\"'`](?P<key>[\w.-]+)=(?P<value>[^\n]*)"),
)
_COMMENT = re.compile(r"(?:^|\s)(?://|\*)|<!--(?!.*-->)")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_KEYS = frozenset({"jwt", "access", "refresh", "auth", "authorization", "bearer", "idtoken"})
_CLEARED = re.compile(r"""^(?:["'`]{2}|null|undefined|false|true|\d+)\s*[);]?""")
_EXPIRED = re.compile(r"(?i)max-age=0|expires=Thu, 01 Jan 1970")


@check("token-in-web-storage")
def token_in_web_storage(project: Project) -> Iterator[Draft]:
    """A token that a page's script puts into web storage or into a cookie it can read."""
    for path, text in project.texts:
        if text.docstring or is_test(path):
            continue
        for pattern in _WRITES:
            for match in pattern.finditer(text.text):
                sure = _evidence(match["key"], match["value"])
                if sure is None or _is_comment(text.text, match.start()):
                    continue
                refresh = "refresh" in words(match["key"] + match["value"])
                yield Draft(
                    rule="",
                    place=_place(path, text, match.start(), match.end("key")),
                    message="a token is kept where every script of the page can read it: one"
                    " injected script sends it away, and it outlives the visit"
                    + (", being a refresh token, for long" if refresh else ""),
                    advice="Let the server set it as a cookie that is `HttpOnly`, `Secure` and"
                    " `SameSite`, or keep it in a variable.",
                    confidence=Confidence(max(sure - 1, 0)) if is_demonstration(path, ()) else sure,
                    anchor="storage:" + "_".join(words(match["key"])),
                )


def _evidence(key: str, value: str) -> Confidence | None:
    """How sure it is that a token is stored, going by the key and by what is stored."""
    value = value.strip()
    if _CLEARED.match(value) or _EXPIRED.search(value) or is_other_token(key):
        return None
    parts = _NAME.findall(key)
    name = parts[-1] if parts else ""
    whole = "_".join(word for word in words(name) if word not in ("key", "name", "storage"))
    if is_token_name(whole):
        return Confidence.HIGH
    if whole in _KEYS:
        return Confidence.MEDIUM
    stored = _NAME.findall(value.partition(",")[0])[-1:]
    if any(is_token_name(word) for word in stored):
        return Confidence.MEDIUM
    return None


def _is_comment(text: str, start: int) -> bool:
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return bool(_COMMENT.search(line))


def _place(path: str, text: TextFact, start: int, end: int) -> Place:
    if not text.raw:
        return Place(path, text.span)
    base = text.span.start + text.offset
    return Place(path, Span(base + start, base + end))
