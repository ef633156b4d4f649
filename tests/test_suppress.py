"""Suppressions: on any line of the statement, by id or name, and never unseen."""

from __future__ import annotations

import textwrap

import pytest

from jwtaudit import frontends
from jwtaudit.source import Span
from jwtaudit.suppress import Suppressions

KNOWN = {"JWT101": "JWT101", "unverified-decode": "JWT101", "JWT201": "JWT201"}


def suppressions(code, active=("JWT101", "JWT201"), path="a.py"):
    data = textwrap.dedent(code).lstrip("\n").encode()
    source = frontends.read(path, data)
    return source, Suppressions(frontends.extract(path, data), source, KNOWN, active)


def match(code, rule="JWT101", target="HERE", path="a.py"):
    source, found = suppressions(code, path=path)
    start = source.text.index(target)
    return found.match(rule, Span(start, start + len(target)))


def kinds(code, **options):
    return [(d.kind, d.line) for d in suppressions(code, **options)[1].diagnostics()]


@pytest.mark.parametrize(
    "code",
    [
        "f(HERE)  # jwtaudit: ignore[JWT101]",
        "f(HERE)  # jwtaudit: ignore[jwt101]",
        "f(HERE)  # jwtaudit:ignore [ JWT201 , unverified-decode ]",
        "f(HERE)  # noqa: S106  # jwtaudit: ignore[JWT101] why",
        "f(HERE)  # jwtaudit: ignore[JWT101] why  # noqa",
        "f(  # jwtaudit: ignore[JWT101]\n    HERE,\n)",
        "f(\n    HERE,\n)  # jwtaudit: ignore[JWT101]",
        "f(\n    # jwtaudit: ignore[JWT101]\n    1,\n    HERE,\n)",
        "if f(HERE):  # jwtaudit: ignore[JWT101]\n    g()",
        "if f(\n    HERE\n):  # jwtaudit: ignore[JWT101]\n    g()",
        "while HERE: g()  # jwtaudit: ignore[JWT101]",
        "def f(\n    a=HERE,\n):  # jwtaudit: ignore[JWT101]\n    g()",
        "@f(HERE)  # jwtaudit: ignore[JWT101]\ndef g():\n    pass",
        "@f(HERE)\ndef g():  # jwtaudit: ignore[JWT101]\n    pass",
        "try:\n    f(HERE)  # jwtaudit: ignore[JWT101]\nexcept E:\n    pass",
        "try:\n    f()\nexcept E:\n    f(HERE)  # jwtaudit: ignore[JWT101]",
        "with f(HERE) as x:  # jwtaudit: ignore[JWT101]\n    pass",
        "class A:\n    x = HERE  # jwtaudit: ignore[JWT101]",
        "# jwtaudit: ignore-file[JWT101]\nf(HERE)",
        '"""Doc."""\n# jwtaudit: ignore-file[JWT101] why\nf(HERE)',
        "#!/usr/bin/env python\n\n# jwtaudit: ignore-file[unverified-decode]\n\nf(HERE)",
    ],
)
def test_silenced(code):
    assert match(code) is not None


@pytest.mark.parametrize(
    "code",
    [
        "f(HERE)  # jwtaudit: ignore",
        "f(HERE)  # jwtaudit: ignore[]",
        "f(HERE)  # jwtaudit: ignore[JWT1]",
        "f(HERE)  # jwtaudit: ignore[JWT201]",
        "f(HERE)  # ignore[JWT101]",
        "f(HERE)\n# jwtaudit: ignore[JWT101]",
        "# jwtaudit: ignore[JWT101]\nf(HERE)",
        "if x:  # jwtaudit: ignore[JWT101]\n    f(HERE)",
        "def f():  # jwtaudit: ignore[JWT101]\n    g(HERE)",
        "class A:  # jwtaudit: ignore[JWT101]\n    x = HERE",
        "if f(HERE):\n    g()  # jwtaudit: ignore[JWT101]",
        "f('# jwtaudit: ignore[JWT101]', HERE)",
        "f(HERE)\n# jwtaudit: ignore-file[JWT101]",
    ],
)
def test_not_silenced(code):
    assert match(code) is None


def test_reason_and_line():
    found = match("x = 1\nf(HERE)  # jwtaudit: ignore[JWT101] - the gateway: verified it  # noqa")
    assert found is not None
    assert (found.line, found.reason, found.kind) == (2, "the gateway: verified it", "inline")


@pytest.mark.parametrize(
    "code",
    [
        "<p>HERE</p> {# jwtaudit: ignore[JWT101] shown once #}",
        "<p>HERE</p> <!-- jwtaudit: ignore[JWT101] shown once -->",
        "HERE // jwtaudit: ignore[JWT101] shown once",
        "HERE /* jwtaudit: ignore[JWT101] shown once */",
        "<!-- jwtaudit: ignore-file[JWT101] shown once -->\n<p>HERE</p>",
    ],
)
def test_templates(code):
    found = match(code, path="a.html")
    assert found is not None
    assert found.reason == "shown once"


def test_template_line_is_the_finding_s():
    assert match("<p>HERE</p>\n{# jwtaudit: ignore[JWT101] #}", path="a.html") is None


def test_bare_is_refused_with_a_hint():
    _, found = suppressions("f()  # jwtaudit: ignore\ng()  # jwtaudit: ignore-file []")
    first, second = found.diagnostics()
    assert (first.kind, first.line, first.error) == ("bare-suppression", 1, False)
    assert "ignore[JWT101]" in first.message
    assert second.kind == "bare-suppression"


def test_unknown_rule_names_the_nearest():
    _, found = suppressions("f()  # jwtaudit: ignore[unverified-decoding]")
    [diagnostic] = found.diagnostics()
    assert diagnostic.kind == "unknown-suppression"
    assert "'unverified-decode'" in diagnostic.message


def test_unknown_rule_is_not_echoed_when_it_is_no_word():
    _, found = suppressions("f()  # jwtaudit: ignore[::error::x\x1b]")
    [diagnostic] = found.diagnostics()
    assert "::" not in diagnostic.message
    assert "\x1b" not in diagnostic.message


@pytest.mark.parametrize("word", ["ingore[JWT101]", "disable[JWT101]", "ignore_file[JWT101]"])
def test_unknown_word(word):
    assert kinds(f"f()  # jwtaudit: {word}") == [("unknown-suppression", 1)]


def test_prose_is_no_directive():
    assert kinds("f()  # see jwtaudit: the linter") == []


def test_unused_is_reported_only_for_rules_that_run():
    code = "f(HERE)  # jwtaudit: ignore[JWT101, JWT201]"
    source, found = suppressions(code)
    start = source.text.index("HERE")
    assert found.match("JWT101", Span(start, start + 4))
    assert [(d.kind, d.message) for d in found.diagnostics()] == [
        ("unused-suppression", "ignore[JWT201] silences nothing; remove it")
    ]
    assert kinds(code, active=("JWT201",)) == [("unused-suppression", 1)]
    assert kinds(code, active=()) == []


def test_ignore_file_below_a_statement_is_reported():
    assert kinds("import os\n# jwtaudit: ignore-file[JWT101]") == [("misplaced-suppression", 2)]
