"""Python 2, so far that it can be parsed as Python 3: every replacement keeps all offsets.

What is written otherwise says nothing of tokens: statements that print, old forms of ``except`` and
``raise``. So it is enough that each becomes some statement of the same length.
"""

from __future__ import annotations

import re

KEPT = r"""
    (?P<prefix>[rbu]{0,2})
    (?:\"\"\"(?:[^\\"]|\\.|\"(?!\"\"))*\"\"\" | '''(?:[^\\']|\\.|'(?!''))*'''
    | \"(?:[^\\\n"]|\\.)*\" | '(?:[^\\\n']|\\.)*')
    | \#[^\n]*
    """
"""A string or a comment, to be read with blanks left out."""

_KEPT = re.compile(KEPT, re.VERBOSE | re.IGNORECASE | re.DOTALL)
_BEGIN = r"(?P<begin>(?:^|[:;])[ \t]*)"
_MORE = r"(?=[ \t]*(?:[\w'\"`{-]|\Z)|[ \t]+[(\[])"  # at the end of a part stands a string
_REPLACED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(_BEGIN + r"print(?P<space>[ \t]*)>>", re.MULTILINE), r"\g<begin>_pr =\g<space>  "),
    (re.compile(_BEGIN + r"print(?=[ \t])" + _MORE, re.MULTILINE), r"\g<begin>_pr ="),
    (re.compile(_BEGIN + r"print\Z", re.MULTILINE), r"\g<begin>_pr ="),
    (re.compile(_BEGIN + r"exec(?=[ \t])" + _MORE, re.MULTILINE), r"\g<begin>_e ="),
    (re.compile(r"(\braise[ \t]+[\w.]+[ \t]*),"), r"\1;"),
    (re.compile(r"(?<![\w.])(?<![eE][-+])0(?=[0-7]+\b)"), "1"),
    (re.compile(r"\b(\d+)[lL]\b"), r"\1 "),
    (re.compile(r"<>"), "!="),
    (re.compile(r"`([^`\n]*)`"), r"(\1)"),
    (re.compile(r"\basync\b(?![ \t]+(?:def|for|with)\b)"), "asynk"),
)
_EXCEPT = re.compile(r"(\bexcept[ \t]+(?:\([^()]*\)|[\w.]+)[ \t]*)(,[ \t]*[\w.]+)(?=[ \t]*:)")


def as_python3(text: str) -> str:
    """The text with what only Python 2 understands replaced; of the same length."""
    parts, end = [], 0
    for match in _KEPT.finditer(text):
        parts.append(_code(text[end : match.start()]))
        kept = match.group()
        if (match["prefix"] or "").lower() == "ur":
            kept = " " + kept[1:]
        parts.append(kept)
        end = match.end()
    parts.append(_code(text[end:]))
    return "".join(parts)


def _code(text: str) -> str:
    for pattern, replacement in _REPLACED:
        text = pattern.sub(replacement, text)
    return _EXCEPT.sub(lambda m: m[1] + " " * len(m[2]), text)
