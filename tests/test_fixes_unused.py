"""What a fix leaves without a use goes with it, where that is certain."""

from __future__ import annotations

import pytest

from jwtaudit.fixes.edits import edits_of
from jwtaudit.fixes.splices import Splice, Spliced
from jwtaudit.repair import DropUnused, Repair, Replace
from jwtaudit.source import Place, Source, Span


def _fixed(text, call, old, path="app.py"):
    """A text with a list in the place of ``old``, and without what only that used."""

    def at(what):
        start = text.rindex(what)
        return Place(path, Span(start, start + len(what)))

    language = "python" if path.endswith(".py") else "javascript"
    files = {path: (Source(path, text.encode(), text), language)}
    repair = Repair("", Replace(at(old), ["A"]), DropUnused(at(call)))
    edits = edits_of(repair, files.get, lambda _: ())
    return Spliced(text, [Splice(*edit.place.span, edit.text) for edit in edits]).text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('h = p(t)\nd([h["alg"]])\n', 'd(["A"])\n'),
        ('h = p(t)\na = h["alg"]\nd([a])\n', 'd(["A"])\n'),
        ('a: str = p(t).get("alg")\nd([a])\n', 'd(["A"])\n'),
        ('h = p(t); d([h["alg"]])\n', 'd(["A"])\n'),
        ('h = (p(t))["alg"]\nd([h])\n', 'h = (p(t))["alg"]\nd(["A"])\n'),
        ('h = (\n    p(t)["alg"]\n)\nd([h])\n', 'd(["A"])\n'),
        ('h = \\\n    p(t)["alg"]\nd([h])\n', 'd(["A"])\n'),
        ("def f(t): h = p(t); d([h])\nh = 1\n", 'def f(t): d(["A"])\nh = 1\n'),
        ("def f(t): x = 1; h = p(t); d([h])\nh = 1\n", 'def f(t): x = 1; d(["A"])\nh = 1\n'),
        ("if x: h = p(t); d([h])\n", 'if x: d(["A"])\n'),
        ("if x: h = p(t); d([h])\nh\n", 'if x: h = p(t); d(["A"])\nh\n'),
        ('h = p(t)\nd([h["alg"]])\nh\n', 'h = p(t)\nd(["A"])\nh\n'),
        ('h = p(t)\nd([h["alg"]], h["kid"])\n', 'h = p(t)\nd(["A"], h["kid"])\n'),
        ('h = p(t)\nd([h])\nx = "{h}"\n', 'h = p(t)\nd(["A"])\nx = "{h}"\n'),
        ("h = g(p(t))\nd([h])\n", 'h = g(p(t))\nd(["A"])\n'),
        ("h = p(t).pop()\nd([h])\n", 'h = p(t).pop()\nd(["A"])\n'),
        ("h, k = p(t)\nd([h])\n", 'h, k = p(t)\nd(["A"])\n'),
        ("# which one?\nh = p(t)\nd([h])\n", '# which one?\nh = p(t)\nd(["A"])\n'),
        ("h = p(t)  # of the token\nd([h])\n", 'h = p(t)  # of the token\nd(["A"])\n'),
        ("try:\n    h = p(t)\nexcept E:\n    x\nd([h])\n", None),
        (
            "def f():\n    h = p(t)\n    d([h])\n\n\ndef g(h): h\n",
            'def f():\n    d(["A"])\n\n\ndef g(h): h\n',
        ),
        ("def f():\n    if x:\n        h = p(t)\n        d([h])\n    return h\n", None),
        ("def f():\n    global h\n    h = p(t)\n    d([h])\n", None),
    ],
)
def test_variable(before, after):
    old = before[before.index("[", before.index("d(")) :].partition("]")[0] + "]"
    if old.count("[") > 1:
        old += "]"
    kept = before.replace(old, '["A"]')
    assert _fixed(before, "p(t)", old) == (kept if after is None else after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("const { header } = p(t);\nd([header.alg]);\n", 'd(["A"]);\n'),
        ("const { header: { alg } } = p(t);\nd([alg]);\n", 'd(["A"]);\n'),
        ("const { alg: a } = p(t)\nd([a])\n", 'd(["A"])\n'),
        ("const a = p(t)?.header!.alg;\nd([a]);\n", 'd(["A"]);\n'),
        ("const h = p(t).header;\nconst a = h.alg;\nd([a]);\n", 'd(["A"]);\n'),
        ("f(() => {\n  const h = p(t);\n  d([h]);\n});\nh;\n", 'f(() => {\n  d(["A"]);\n});\nh;\n'),
        ("const { a, b } = p(t);\nd([a]);\n", None),
        ("const h = p(t);\nif (!h) throw 1;\nd([h]);\n", None),
        ("export const h = p(t);\nd([h]);\n", None),
        ("var h = p(t);\nd([h]);\n", None),
        ("let h = p(t);\nd([h]);\nh = 2;\n", None),
    ],
)
def test_variable_of_a_script(before, after):
    old = before[before.index("[", before.index("d(")) :].partition("]")[0] + "]"
    kept = before.replace(old, '["A"]')
    assert _fixed(before, "p(t)", old, "app.ts") == (kept if after is None else after)
