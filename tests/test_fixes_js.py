"""How edits are written in JavaScript."""

from __future__ import annotations

import pytest

from jwtaudit.fixes.dialects import CannotError
from jwtaudit.fixes.edits import editor_of
from jwtaudit.fixes.layout import Layout
from jwtaudit.repair import (
    Await,
    DropItem,
    DropStatement,
    EnvVar,
    RenameKey,
    Replace,
    SetArgument,
    SetEntry,
    Snippet,
)
from jwtaudit.source import Place, Source, Span


def _edit(text, change, path="app.js"):
    source = Source(path, text.encode(), text)
    splices = editor_of(source, "javascript").splices(change)
    for start, end, new in sorted(splices, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _at(text, what):
    start = text.rindex(what)
    return Place("app.js", Span(start, start + len(what)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(t, k)", 'f(t, k, { a: ["b"] })'),
        ("f(t, k,)", 'f(t, k, { a: ["b"] },)'),
        ("f(t, k, {})", 'f(t, k, { a: ["b"] })'),
        ("f(t, k, undefined)", 'f(t, k, { a: ["b"] })'),
        ("f(t, k, null, cb)", 'f(t, k, { a: ["b"] }, cb)'),
        ("f(t, k, { x })", 'f(t, k, { x, a: ["b"] })'),
        ("f(t, k, {x: 1})", 'f(t, k, {x: 1, a: ["b"]})'),
        ("f(t, k, { a })", 'f(t, k, { a: ["b"] })'),
        ("f(t, k, { a: x })", 'f(t, k, { a: ["b"] })'),
        ("f(t, k, { ...x })", 'f(t, k, { ...x, a: ["b"] })'),
        ("f(t, k, {\n  x: 1,\n})", 'f(t, k, {\n  x: 1,\n  a: ["b"],\n})'),
        ("f(t, k, {\n  x: 1 // y\n})", 'f(t, k, {\n  x: 1, // y\n  a: ["b"]\n})'),
        ("f(t, k, (e, v) => 1)", 'f(t, k, { a: ["b"] }, (e, v) => 1)'),
        ("f(t, k, function (e, v) {})", 'f(t, k, { a: ["b"] }, function (e, v) {})'),
        ("f(t, k, async (e) => 1)", 'f(t, k, { a: ["b"] }, async (e) => 1)'),
        ("f<C>(t, k)", 'f<C>(t, k, { a: ["b"] })'),
        ("x?.f?.(t, k)", 'x?.f?.(t, k, { a: ["b"] })'),
        ("f(t, k, options)", None),
        ("f(t)", None),
        ("f(t, ...rest)", 'f(t, ...rest, { a: ["b"] })'),
    ],
)
def test_options(before, after):
    change = SetArgument(_at(before, before), "options", ["b"], "a", 2)
    if after is None:
        with pytest.raises(CannotError):
            _edit(before, change)
    else:
        assert _edit(before, change) == after


def test_an_object_that_becomes_too_long_gets_lines():
    before = f"  return f(token, {{ one: {'x' * 40}, two: {'y' * 20} }});\n"
    entry = SetEntry(_at(before, before[before.index("{") : before.index("}") + 1]), "key", "value")
    assert _edit(before, entry) == (
        "  return f(token, {\n"
        f"    one: {'x' * 40},\n"
        f"    two: {'y' * 20},\n"
        '    key: "value",\n'
        "  });\n"
    )


@pytest.mark.parametrize(
    ("before", "what", "after"),
    [
        ("f(t, { a: 1, b: 2 })", "2", "f(t, { a: 1 })"),
        ("f(t, { a: 1 })", "1", "f(t)"),
        ("f(t, { a: 1 }, (e) => e)", "1", "f(t, (e) => e)"),
        ("f(t, { a: 1 }, u)", "1", "f(t, {}, u)"),
        ("const k = process.env.K || 'x';", "'x'", "const k = process.env.K;"),
        ("const k = process.env['K'] ?? 'x';", "'x'", "const k = process.env['K'];"),
    ],
)
def test_drop_item(before, what, after):
    assert _edit(before, DropItem(_at(before, what))) == after


def test_a_variable_is_there_for_the_compiler():
    before = "const k = process.env.K || 'x';"
    assert _edit(before, DropItem(_at(before, "'x'")), "app.ts") == "const k = process.env.K!;"
    before = "const jwtKey = 'x';"
    change = Replace(_at(before, "'x'"), EnvVar())
    assert _edit(before, change) == "const jwtKey = process.env.JWT_KEY;"
    assert _edit(before, change, "app.ts") == "const jwtKey = process.env.JWT_KEY!;"


@pytest.mark.parametrize(
    ("before", "name"),
    [
        ("function f() {\n  const apiSecret = 'x';\n}", "API_SECRET"),
        ("f(p, 'x')", "JWT_SECRET"),
        ("module.exports = { secret: 'x' };", "JWT_SECRET"),
        ("module.exports = { jwt: { privateKey: 'x' } };", "PRIVATE_KEY"),
        ("a = 1; this.signKey = 'x'", "SIGN_KEY"),
    ],
)
def test_names_of_variables(before, name):
    change = Replace(_at(before, "'x'"), EnvVar())
    assert _edit(before, change) == before.replace("'x'", f"process.env.{name}")


def test_one_secret_has_one_name():
    before = "f('x'); const tokenKey = 'x'"
    for at in (2, before.rindex("'x'")):
        change = Replace(Place("app.js", Span(at, at + 3)), EnvVar())
        assert "process.env.TOKEN_KEY" in _edit(before, change)


def test_rename_key():
    before = "f({ algorithm })"
    assert _edit(before, RenameKey(_at(before, "algorithm"), "b")) == "f({ b: algorithm })"
    before = "f({ 'a': v })"
    assert _edit(before, RenameKey(_at(before, "v"), "b")) == "f({ 'b': v })"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a();\nlog(t);\nb();\n", "a();\nb();\n"),
        ("a()\nlog(t)\nb()\n", "a()\nb()\n"),
        ("function f() {\n  log(t); // why\n  return t;\n}\n", "function f() {\n  return t;\n}\n"),
        ("const f = (t) => {\n  await log(t)\n}\n", "const f = (t) => {\n}\n"),
        ("if (t) { log(t); }\n", "if (t) {}\n"),
        ("if (t) {\n  log(t);\n} else {\n  b();\n}\n", "if (t) {\n} else {\n  b();\n}\n"),
        ("class A {\n  f() {\n    log(t);\n  }\n}\n", "class A {\n  f() {\n  }\n}\n"),
        ("f(): Promise<void> {\n  log(t);\n}\n", "f(): Promise<void> {\n}\n"),
        ("switch (a) {\n  case 1:\n    log(t);\n    break;\n}\n", None),
        ("x.then((t) => log(t));\n", None),
        ("if (t)\n  log(t);\nb();\n", None),
        ("if (t) log(t);\nb();\n", None),
        ("for (const t of x) log(t);\n", None),
        ("x = log(t);\n", None),
        ("a(), log(t);\n", None),
        ("t && log(t);\n", None),
        ("log(t)\n(b)()\n", None),
        ("log(t)\n[b].map(c)\n", None),
        ("log(t).end();\n", None),
    ],
)
def test_drop_statement(before, after):
    change = DropStatement(_at(before, "log(t)"))
    if after is None:
        with pytest.raises(CannotError):
            _edit(before, change)
    else:
        assert _edit(before, change) == after


def test_await():
    assert _edit("x = f(t);", Await(_at("x = f(t);", "f(t)"))) == "x = await f(t);"
    assert _edit("x = f(t).p;", Await(_at("x = f(t).p;", "f(t)"))) == "x = (await f(t)).p;"


@pytest.mark.parametrize(
    ("head", "written", "after"),
    [
        ('const crypto = require("crypto");\n', "crypto.randomBytes(32)", ""),
        ('import c from "node:crypto";\n', "c.randomBytes(32)", ""),
        ('import * as crypto from "crypto";\n', "crypto.randomBytes(32)", ""),
        ('import { randomBytes as r } from "crypto";\n', "r(32)", ""),
        (
            "import { createHmac } from 'crypto'\n",
            "randomBytes(32)",
            "import { createHmac, randomBytes } from 'crypto'\n",
        ),
        (
            'const jwt = require("jsonwebtoken");\n',
            "crypto.randomBytes(32)",
            'const crypto = require("crypto");\nconst jwt = require("jsonwebtoken");\n',
        ),
        (
            "'use strict'\nimport jwt from 'jsonwebtoken'\n",
            "randomBytes(32)",
            "'use strict'\nimport { randomBytes } from 'crypto'\nimport jwt from 'jsonwebtoken'\n",
        ),
        ("crypto.subtle.x();\nconst a = require('a');\n", None, None),
        ("", None, None),
    ],
)
def test_imports(head, written, after):
    before = head + "key = 1;"
    change = Replace(_at(before, "1"), Snippet("{crypto.randomBytes}(32)"))
    if written is None:
        with pytest.raises(CannotError):
            _edit(before, change)
    else:
        assert _edit(before, change) == f"{after or head}key = {written};"


@pytest.mark.parametrize(
    "text",
    [
        "a()\nb()",
        "a();b()",
        "a = {\n  b: 1,\n}\nb()",
        "a = [\n1,\n]\nb()",
        "const f = () => {}\nb()",
        "return\nb()",
        "a = `x\n${y}`\nb()",
    ],
)
def test_statements(text):
    found = Layout(text, "javascript").statement(text.rindex("b()"))
    assert text[found.start : found.end] == "b()"


@pytest.mark.parametrize(
    "text", ["a\n  .b()", "a =\n  b()", "a ||\n  b()", "a\n  ? x : b()", "a(\nb()\n)"]
)
def test_statements_of_several_lines(text):
    found = Layout(text, "javascript").statement(text.rindex("b()"))
    assert text[found.start : found.end] == text
