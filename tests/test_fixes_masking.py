"""What is hidden of a message, and what stays."""

from __future__ import annotations

import pytest

from jwtaudit.fixes.dialects import CannotError
from jwtaudit.fixes.edits import editor_of
from jwtaudit.fixes.splices import Spliced
from jwtaudit.repair import Mask
from jwtaudit.source import Place, Source, Span


def _masked(text, path):
    language = "python" if path.endswith(".py") else "javascript"
    source = Source(path, text.encode(), text)
    change = Mask(Place(path, Span(2, len(text) - 1)), ("token", "t"))
    return Spliced(text, editor_of(source, language).splices(change)).text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('f("a " + token)', 'f("a ***")'),
        ('f("a " + g(token) + b)', 'f("a ***" + b)'),
        ('f(a + token + "b")', 'f(a + "***" + "b")'),
        ('f("""a""" + token)', 'f("""a""" + "***")'),
        ('f("%s" % token)', 'f("***")'),
        ("f('a \"%s\"!' % g(token))", "f('a \"***\"!')"),
        ('f("%s %d" % token)', 'f("%s %d" % "***")'),
        ('f("%s %s" % (a, token))', 'f("%s %s" % (a, "***"))'),
        ('f("{}{}".format(a, token[:99]))', 'f("{}{}".format(a, "***"))'),
        ('f("{t}".format(t=g(token)))', 'f("{t}".format(t="***"))'),
        ('f(f"a {token}")', 'f("a ***")'),
        ('f(f"a {b} {token!r:>9}")', 'f(f"a {b} ***")'),
        ('f(f"{{{token}}}")', 'f(f"{{***}}")'),
        ('f(f"{g({1: token})} a")', 'f("*** a")'),
        ('f({"a": b, "token": token})', 'f({"a": b, "token": "***"})'),
        ('f(g({"a": b, "c": ("x " + token)}))', 'f(g({"a": b, "c": ("x ***")}))'),
        ("f([a, token])", 'f([a, "***"])'),
        ('f("a" + x["token"])', 'f("a***")'),
        ('f("a" + x.get("token", 1))', 'f("a***")'),
        ('f({"a": token if a else b})', 'f({"a": "***"})'),
        ("f(token)", None),
        ("f(g(token))", None),
        ('f("token")', None),
        ("f(g(token=a))", None),
        ("f(a if token else b)", None),
    ],
)
def test_python(before, after):
    if after is None:
        with pytest.raises(CannotError):
            _masked(before, "app.py")
    else:
        assert _masked(before, "app.py") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(`a ${token}`)", "f(`a ***`)"),
        ("f(`a ${g({ token })} ${b}`)", "f(`a *** ${b}`)"),
        ("f({ a, token })", 'f({ a, token: "***" })'),
        ("f({ a: b, token: x.token })", 'f({ a: b, token: "***" })'),
        ("f(g({ a, token }))", 'f(g({ a, token: "***" }))'),
        ("f('a ' + token)", "f('a ***')"),
        ("f({ token: a })", None),
        ("f(a ?? token)", None),
        ("f(token)", None),
    ],
)
def test_javascript(before, after):
    if after is None:
        with pytest.raises(CannotError):
            _masked(before, "app.js")
    else:
        assert _masked(before, "app.js") == after
