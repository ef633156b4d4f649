"""The JavaScript front end: what becomes of each form."""

from __future__ import annotations

import pytest

from jwtaudit import facts as f
from jwtaudit.frontends import extract


def body(text, path="app.js"):
    return extract(path, text.encode()).body


def only(text, path="app.js"):
    (statement,) = body(text, path)
    return statement


@pytest.mark.parametrize(
    ("text", "module", "name", "alias"),
    [
        ('const jwt = require("jsonwebtoken");', "jsonwebtoken", None, "jwt"),
        ('const { verify } = require("jsonwebtoken");', "jsonwebtoken", "verify", "verify"),
        ('const { verify: v } = require("jsonwebtoken");', "jsonwebtoken", "verify", "v"),
        ('const v = require("jsonwebtoken").verify;', "jsonwebtoken", "verify", "v"),
        ('const m = await import("jose");', "jose", None, "m"),
        ('import jwt from "jsonwebtoken";', "jsonwebtoken", "default", "jwt"),
        ('import * as jose from "jose";', "jose", None, "jose"),
        ('import { jwtVerify as v } from "jose";', "jose", "jwtVerify", "v"),
        ('export { sign } from "./tokens";', "./tokens", "sign", "exports.sign"),
        ('export * from "./tokens";', "./tokens", "*", "exports.*0"),
        ('export * as tokens from "./tokens";', "./tokens", None, "exports.tokens"),
    ],
)
def test_imports(text, module, name, alias):
    statement = only(text)
    assert isinstance(statement, f.Import)
    assert (statement.module, statement.name, statement.alias) == (module, name, alias)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("exports.sign = sign;", "sign"),
        ("module.exports.sign = sign;", "sign"),
        ("module.exports = sign;", None),
        ("export default sign;", "default"),
        ("export { sign };", "sign"),
        ("export { sign as mint };", "mint"),
    ],
)
def test_exports(text, name):
    statement = only(text)
    assert isinstance(statement, f.Export)
    assert statement.name == name
    assert isinstance(statement.value, f.Name)


def test_characters_are_counted_not_bytes():
    text = 'const größe = "ß😀"; f(größe);'
    _, call = body(text)
    assert text[slice(*call.value.span)] == "f(größe)"


def test_a_broken_file_is_read_as_far_as_it_goes():
    facts = extract("app.js", b'const a = 1;\nfoo(1;\nconst jwt = require("jwt");\n')
    assert facts.damaged == 2
    assert any(isinstance(s, f.Import) for s in facts.body)


def test_deep_nesting_costs_only_what_is_nested():
    text = "f(" * 3000 + ")" * 3000 + ";\nconst a = 1;"
    facts = extract("app.js", text.encode())
    assert facts.damaged == 1
    assert isinstance(facts.body[-1], f.Assign)


def test_long_sums_are_no_nesting():
    text = "const a = " + " + ".join(['"x"'] * 3000) + ";"
    facts = extract("app.js", text.encode())
    assert facts.damaged == 0
    assert facts.body[0].value.value == "x" * 3000


def test_types_leave_no_trace():
    text = "const key = (process.env.KEY as string)!;"
    statement = only(text, "app.ts")
    assert isinstance(statement.value, f.Attribute)
    assert statement.value.name == "KEY"


def test_a_constructor_and_its_fields():
    text = "class A { constructor(private readonly key: string) {} get k() { return this.key } }"
    (make, getter) = only(text, "app.ts").body
    assert make.name == "__init__"
    assert [p.name for p in make.parameters] == ["this", "key"]
    assert isinstance(make.body[0].targets[0], f.Attribute)
    assert getter.kind == "getter"
