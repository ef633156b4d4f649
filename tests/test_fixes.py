"""Every fix does what its page shows, once, and nothing else."""

from __future__ import annotations

import importlib.util
import random
from itertools import pairwise
from pathlib import Path

import pytest
from support import scan

from jwtaudit import catalog
from jwtaudit.fixes.dialects import CannotError, Lookup, dialect_of
from jwtaudit.fixes.editor import Editor
from jwtaudit.fixes.folding import folded
from jwtaudit.fixes.imports import Imports
from jwtaudit.fixes.layout import Layout
from jwtaudit.fixes.splices import Splice, Spliced
from jwtaudit.repair import (
    AddStatement,
    DropArgument,
    DropItem,
    DropStatement,
    EnvVar,
    RenameKey,
    Replace,
    SetArgument,
    SetEntry,
    Snippet,
    SwapDecorators,
)
from jwtaudit.source import Place, Span

_SPEC = importlib.util.spec_from_file_location(
    "update_fixed", Path(__file__).parents[1] / ".ci" / "update_fixed.py"
)
update_fixed = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(update_fixed)

FIXED = [rule for rule in catalog.load().rules if rule.fix != "none"]


def _example_fixes():
    return [
        pytest.param(rule, example, id=f"{rule.name}:{example.title}")
        for rule in FIXED
        for example in rule.examples("Bad")
    ]


@pytest.mark.parametrize(("rule", "example"), _example_fixes())
def test_page_shows_what_the_fix_does(rule, example):
    """`python .ci/update_fixed.py --write` writes it; read what it wrote."""
    files = {file.path: file.text for file in example.files}
    shown = {e.title: {f.path: f.text for f in e.files} for e in rule.examples("Fixed")}
    fixed = update_fixed.fix_files(rule, files)
    assert {path: data.decode() for path, data in fixed.items()} == shown.get(example.title, {})
    if fixed:
        assert update_fixed.fix_files(rule, {**files, **fixed}) == {}, "a second pass finds nothing"
        before = [f for f in scan(files, [rule.id]) if f.rule_id == rule.id]
        after = [f for f in scan({**files, **fixed}, [rule.id]) if f.rule_id == rule.id]
        assert len(after) < len(before)


@pytest.mark.parametrize("rule", FIXED, ids=lambda rule: rule.name)
def test_fixed_examples_belong_to_bad_ones(rule):
    bad = {example.title for example in rule.examples("Bad")}
    fixed = [example.title for example in rule.examples("Fixed")]
    assert fixed, "a rule with a fix shows one"
    assert set(fixed) <= bad


# -- edits -----------------------------------------------------------------------------------------


def _edit(text, change, language="python", lookups=()):
    layout = Layout(text, language)
    splices = Editor(layout, dialect_of(layout, lookups)).splices(change)
    splices = folded(layout, splices) if language == "python" else splices
    for start, end, new in sorted(splices, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _at(text, what):
    start = text.index(what)
    return Place("app.py", Span(start, start + len(what)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f()", "f(a=1)"),
        ("f(x)", "f(x, a=1)"),
        ("f(x,)", "f(x, a=1,)"),
        ("f(x, a=2)", "f(x, a=1)"),
        ("f(a = 2, b=3)", "f(a = 1, b=3)"),
        ("f(**x)", "f(**x, a=1)"),
        ("f(\n    x,\n)", "f(\n    x,\n    a=1,\n)"),
        ("f(\n    x\n)", "f(\n    x,\n    a=1\n)"),
        ("f(\n    x,  # why\n)", "f(\n    x,  # why\n    a=1,\n)"),
        ("f(\n    x  # why\n)", "f(\n    x,  # why\n    a=1\n)"),
        ("f(x,\n  y)", "f(x,\n  y,\n  a=1)"),
        ("f(\n    x, y\n)", "f(\n    x, y, a=1\n)"),
        ("f(\r\n\tx,\r\n)", "f(\r\n\tx,\r\n\ta=1,\r\n)"),
        ("f(g(1), (2, 3))", "f(g(1), (2, 3), a=1)"),
        ('f("a)", b=")")', 'f("a)", b=")", a=1)'),
    ],
)
def test_set_argument(before, after):
    assert _edit(before, SetArgument(_at(before, before), "a", 1)) == after


def test_set_argument_that_would_make_the_line_too_long():
    before = "    return decode(" + "x" * 68 + ")"
    after = "    return decode(\n        " + "x" * 68 + ',\n        name="value",\n    )'
    call = _at(before, before.strip().removeprefix("return "))
    assert _edit(before, SetArgument(call, "name", "value")) == after


_SUM = Snippet("a_rather_long_name_of_a_function() + " + "another_one" * 2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (  # all on one line below the brackets, if they fit there
            "    return jwt.encode({'sub': user.identifier, 'roles': roles}, settings.KEY)\n",
            "    return jwt.encode(\n"
            "        {'sub': user.identifier, 'roles': roles, 'expires': 900}, settings.KEY\n"
            "    )\n",
        ),
        (  # what stands below the brackets already gets a line each, and what closes stays
            "token = encode(\n"
            "    {'sub': user.identifier, 'roles': roles, 'name': user.name}, settings.KEY)\n",
            "token = encode(\n"
            "    {'sub': user.identifier, 'roles': roles, 'name': user.name, 'expires': 900},\n"
            "    settings.KEY)\n",
        ),
        (
            "token = encode(\n"
            "    {'sub': user.identifier, 'roles': user.roles(), 'n': user.name}, settings.KEY\n"
            ")\n",
            "token = encode(\n"
            "    {'sub': user.identifier, 'roles': user.roles(), 'n': user.name, 'expires': 900},\n"
            "    settings.KEY,\n"
            ")\n",
        ),
        (  # commas of a comprehension do not part items
            "x = [encode({'subject': user, 'many': 'claims'}) for user, word in database.users]\n",
            "x = [encode({'subject': user, 'many': 'claims',\n"
            "             'expires': 900}) for user, word in database.users]\n",
        ),
    ],
)
def test_an_entry_that_makes_a_line_too_long(before, after):
    mapping = before[before.index("{") : before.index("}") + 1]
    assert _edit(before, SetEntry(_at(before, mapping), "expires", 900)) == after


def test_two_items_more_in_one_line_are_broken_once():
    before = "token = jwt.decode(request.headers, application.key, True, audience=names)\n"
    layout = Layout(before, "python")
    editor = Editor(layout, dialect_of(layout))
    added = [
        *editor.splices(Replace(_at(before, "True"), False)),
        Splice(len(before) - 2, len(before) - 2, ", algorithms=['HS256'], options={'a': 1}"),
    ]
    spliced = Spliced(before, folded(layout, added))
    assert spliced.text == (
        "token = jwt.decode(\n    request.headers,\n    application.key,\n    False,\n"
        "    audience=names,\n    algorithms=['HS256'],\n    options={'a': 1},\n)\n"
    )


@pytest.mark.parametrize("seed", range(200))
def test_splices_upon_splices_are_splices_of_the_text(seed):
    chance = random.Random(seed)

    def some(text, letters):
        at = sorted(chance.sample(range(len(text) + 1), 6))
        pairs = list(zip(at[::2], at[1::2], strict=True))
        return [Splice(a, chance.choice([a, b]), letters[: chance.randrange(4)]) for a, b in pairs]

    text = "".join(chance.choices("abc", k=24))
    first = Spliced(text, some(text, "XYZ"))
    second = some(first.text, "123")
    both = first.then(second)
    assert Spliced(text, both).text == Spliced(first.text, second).text
    assert all(one.end <= other.start for one, other in pairwise(both))


def test_an_argument_that_is_too_long_for_the_line_of_the_others():
    long = "x" * 70
    before = f"f(\n\t{long}, y\n)"
    change = SetArgument(_at(before, before), "name", "value")
    assert _edit(before, change) == f'f(\n\t{long},\n\ty,\n\tname="value",\n)'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = {**a, 'b': 1}", "x = {'exp': 9, **a, 'b': 1}"),
        ("x = {'b': 1, **a}", "x = {'b': 1, 'exp': 9, **a}"),
        ("x = {'b': 1}", "x = {'b': 1, 'exp': 9}"),
        ("x = {\n    **a,\n}", 'x = {\n    "exp": 9,\n    **a,\n}'),
        (
            f"x = {{'b': {'y' * 70}, **a}}",
            f"x = {{\n    'b': {'y' * 70},\n    'exp': 9,\n    **a,\n}}",
        ),
    ],
)
def test_a_default_leaves_what_is_spread_out(before, after):
    display = before[before.index("{") :]
    change = SetEntry(_at(before, display), "exp", 9, default=True)
    assert _edit(before, change) == after


def test_a_sum_that_is_too_long_for_a_line_gets_two():
    before = "claims = {\n        'sub': user,\n}\n"
    after = _edit(before, SetEntry(_at(before, before[9:-1]), "exp" * 10, _SUM))
    assert after.splitlines()[2:4] == [
        f"        '{'exp' * 10}': a_rather_long_name_of_a_function()",
        f"        + {'another_one' * 2},",
    ]


def test_quotes_are_those_of_the_statement():
    before = 'a = "x"\nb = "it\'s"\nf(o=\'k\', p="it\'s")\n'
    call = before.splitlines()[2]
    after = _edit(before, SetArgument(_at(before, call), "q", "v"))
    assert after.splitlines()[2] == call[:-1] + ", q='v')"


def test_set_argument_inside_a_mapping():
    assert _edit("f(x)", SetArgument(_at("f(x)", "f(x)"), "o", True, "k")) == 'f(x, o={"k": True})'
    before = "f(x, o={'a': 1})"
    change = SetArgument(_at(before, before), "o", True, "k")
    assert _edit(before, change) == "f(x, o={'a': 1, 'k': True})"
    with pytest.raises(CannotError):
        _edit("f(x, o=y)", SetArgument(_at("f(x, o=y)", "f(x, o=y)"), "o", True, "k"))


def test_set_argument_needs_a_call():
    for text in ("(x)", "f[x]", "return (x)"):
        with pytest.raises(CannotError):
            _edit(text, SetArgument(_at(text, text), "a", 1))


@pytest.mark.parametrize(
    ("before", "what", "after"),
    [
        ("f([a, b])", "b", "f([a])"),
        ("f([a, b])", "a", "f([b])"),
        ("f([a, b,])", "b", "f([a,])"),
        ("f([a])", "a", "f([])"),
        ("x = (a, b)", "b", "x = (a,)"),
        ("x = (a, b)", "a", "x = (b,)"),
        ("x = {a, b}", "b", "x = {a}"),
        ("f(\n    a,\n    b,\n)", "b", "f(\n    a,\n)"),
        ("f(\n    a,\n    b\n)", "b", "f(\n    a\n)"),
        ("f(\n    a,\n    b,  # why\n    c,\n)", "b", "f(\n    a,\n    c,\n)"),
        ("f(a,  # a\n  b)", "b", "f(a  # a\n  )"),
        ('x = {"k": v, "l": w}', "v", 'x = {"l": w}'),
        ('x = {"k": v, "l": w}', "w", 'x = {"k": v}'),
        ("f(k=(v), l=w)", "v", "f(l=w)"),
        ("a = b or c", "c", "a = b"),
        ("class A:\n    a: str = 1\n", "1", "class A:\n    a: str\n"),
    ],
)
def test_drop_item(before, what, after):
    start = before.rindex(what)
    place = Place("app.py", Span(start, start + len(what)))
    assert _edit(before, DropItem(place)) == after


def test_drop_argument_and_rename_key():
    assert _edit("f(x, a=1)", DropArgument(_at("f(x, a=1)", "f(x, a=1)"), "a")) == "f(x)"
    assert _edit('f({"a": v})', RenameKey(_at('f({"a": v})', "v"), "b")) == 'f({"b": v})'
    assert _edit("f(a=v)", RenameKey(_at("f(a=v)", "v"), "b")) == "f(b=v)"
    with pytest.raises(CannotError):
        _edit("f(v)", RenameKey(_at("f(v)", "v"), "b"))


def test_set_entry():
    before = "x = {'a': 1}"
    assert _edit(before, SetEntry(_at(before, "{'a': 1}"), "b", True)) == "x = {'a': 1, 'b': True}"
    assert _edit(before, SetEntry(_at(before, "{'a': 1}"), "a", None)) == "x = {'a': None}"
    before = "x = dict(a=1)"
    assert _edit(before, SetEntry(_at(before, "dict(a=1)"), "b", 2)) == "x = dict(a=1, b=2)"
    before = "verify(t, k, { a: 1 })"
    change = SetEntry(_at(before, "{ a: 1 }"), "algorithms", ["HS256"])
    assert _edit(before, change, "javascript") == 'verify(t, k, { a: 1, algorithms: ["HS256"] })'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = f()\ny\n", "x = f()\nx.validate()\ny\n"),
        ("if a:\n\tx = f(\n\t\t1)  # c\n", "if a:\n\tx = f(\n\t\t1)  # c\n\tx.validate()\n"),
        ("if a: x = f()\n", None),
        ("x = f()[1]\n", None),
        ("x = f(); y\n", "x = f(); x.validate(); y\n"),
        ("x: T = f()", "x: T = f()\nx.validate()"),
        ("return f()", "claims = f()\nclaims.validate()\nreturn claims"),
        ("return f().claims", "decoded = f()\ndecoded.validate()\nreturn decoded.claims"),
        ("return f()[1]", None),
    ],
)
def test_add_statement(before, after):
    call = before[before.index("f(") : before.index(")") + 1]
    change = AddStatement(_at(before, call), Snippet("{target}.validate()"))
    if after is None:
        with pytest.raises(CannotError):
            _edit(before, change)
    else:
        assert _edit(before, change) == after


def test_drop_statement():
    before = "def f():\n    print(t)\n    return t\n"
    change = DropStatement(_at(before, "print(t)"))
    assert _edit(before, change) == "def f():\n    return t\n"
    before = "def f():\n    print(t)\n\nx = 1\n"
    change = DropStatement(_at(before, "print(t)"))
    assert _edit(before, change) == "def f():\n    pass\n\nx = 1\n"


def test_swap_decorators():
    before = "@a(1)\n@b\ndef f(): ...\n"
    change = SwapDecorators(_at(before, "a(1)"), _at(before, "b"))
    assert _edit(before, change) == "@b\n@a(1)\ndef f(): ...\n"


# -- names and imports -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "dotted", "written", "after"),
    [
        ("import os\n", "os.environ", "os.environ", "import os\n"),
        ("import os as o\n", "os.environ", "o.environ", "import os as o\n"),
        ("from os import environ as e\n", "os.environ", "e", "from os import environ as e\n"),
        (
            "from datetime import datetime\n",
            "datetime.timezone.utc",
            "timezone.utc",
            "from datetime import datetime, timezone\n",
        ),
        (
            "from datetime import (\n    datetime,\n)\n",
            "datetime.timezone.utc",
            "timezone.utc",
            "from datetime import (\n    datetime,\n    timezone,\n)\n",
        ),
        (
            "import datetime as dt\n",
            "datetime.timezone.utc",
            "dt.timezone.utc",
            "import datetime as dt\n",
        ),
        ("import json\nimport sys\n", "os.x", "os.x", "import json\nimport os\nimport sys\n"),
        (
            "import json\nfrom abc import ABC\n",
            "os.x",
            "os.x",
            "import json\nimport os\nfrom abc import ABC\n",
        ),
        ("import jwt\n\nx = 1\n", "os.x", "os.x", "import os\n\nimport jwt\n\nx = 1\n"),
        (
            "from __future__ import annotations\n\nimport jwt\n",
            "os.x",
            "os.x",
            "from __future__ import annotations\n\nimport os\n\nimport jwt\n",
        ),
        ('"""Doc."""\n\nx = 1\n', "os.x", "os.x", '"""Doc."""\n\nimport os\n\nx = 1\n'),
        (
            "#!/usr/bin/env python\nx = 1\n",
            "os.x",
            "os.x",
            "#!/usr/bin/env python\nimport os\n\nx = 1\n",
        ),
        ("\f\nclass A:\n    b = 1\n", "os.x", "os.x", "import os\n\n\n\f\nclass A:\n    b = 1\n"),
    ],
)
def test_imports(text, dotted, written, after):
    name, splices = Imports(Layout(text, "python")).name(dotted)
    for start, end, new in sorted(splices, reverse=True):
        text = text[:start] + new + text[end:]
    assert (name, text) == (written, after)


def test_a_name_that_is_taken_is_not_imported():
    assert Imports(Layout("def f(os):\n    return os\n", "python")).name("os.environ") is None


def test_lookups_follow_the_habit():
    text = 'env = Env()\nA = env("A")\nK = "x"\n'
    change = Replace(_at(text, '"x"'), EnvVar("K"))
    near = [Lookup("env", text.index('env("A")'))]
    assert _edit(text, change, lookups=near).endswith('K = env("K")\n')
    assert _edit(text, change).startswith("import os\n")
    far = [Lookup("config", -1, "decouple")]
    text = "import jwt\nK = 'x'\n"
    after = _edit(text, Replace(_at(text, "'x'"), EnvVar("K")), lookups=far)
    assert after.endswith("K = decouple.config('K')\n")
