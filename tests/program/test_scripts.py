"""What a JavaScript expression may stand for, told by the key that reaches a sign call."""

from __future__ import annotations

import textwrap

import pytest

from tests.program.show import arguments, project, show

IMPORT = 'const jwt = require("jsonwebtoken");\n'

KEYS = {
    "literal": ('jwt.sign({}, "k");', ["'k'"]),
    "constant": ('const K = "k"; jwt.sign({}, K);', ["'k'"]),
    "template": ('const P = "a"; jwt.sign({}, `${P}-key`);', ["'a-key'"]),
    "template of one": ("jwt.sign({}, `${process.env.K}`);", ["env K default None"]),
    "template of an unknown": (
        "const f = (x) => jwt.sign({}, `${x}-key`);",
        ["(text param x '-key')"],
    ),
    "sum": ('const P = "a"; jwt.sign({}, P + "-" + "key");', ["'a-key'"]),
    "environment": ("jwt.sign({}, process.env.K);", ["env K default None"]),
    "environment by index": ('jwt.sign({}, process.env["K"]);', ["env K default None"]),
    "environment or": ('jwt.sign({}, process.env.K || "d");', ["env K default 'd'"]),
    "environment nullish": ('jwt.sign({}, process.env.K ?? "d");', ["env K default 'd'"]),
    "environment, two": (
        'jwt.sign({}, process.env.A || process.env.B || "d");',
        ["'d' | env A default absent | env B default absent"],
    ),
    "environment unpacked": ("const { K } = process.env; jwt.sign({}, K);", ["env K default None"]),
    "environment unpacked with a default": (
        'const { K = "d" } = process.env; jwt.sign({}, K);',
        ["env K default 'd'"],
    ),
    "environment renamed": (
        'const { K: key = "d" } = process.env; jwt.sign({}, key);',
        ["env K default 'd'"],
    ),
    "environment in a variable": (
        "const { env } = process; jwt.sign({}, env.K);",
        ["env K default None"],
    ),
    "environment by import": (
        'const { env } = require("node:process"); jwt.sign({}, env.K);',
        ["env K default None"],
    ),
    "conditional": ('const f = (x) => jwt.sign({}, x ? "a" : "b");', ["'a' | 'b'"]),
    "if": (
        'function f(x) { let k = "a"; if (x) { k = "b"; } jwt.sign({}, k); }',
        ["'a' | 'b'"],
    ),
    "switch": (
        'function f(x) { let k; switch (x) { case 1: k = "a"; break; default: k = "b"; }'
        " jwt.sign({}, k); }",
        ["'a' | 'b'"],
    ),
    "or assign": ('let k = null; k ||= "d"; jwt.sign({}, k);', ["'d'"]),
    "set from a function": (
        'let k; const load = () => { k = "v"; }; load(); const f = () => jwt.sign({}, k);',
        ["'v'"],
    ),
    "object": ('const c = { jwt: { secret: "k" } }; jwt.sign({}, c.jwt.secret);', ["'k'"]),
    "object by index": ('const c = { k: "v" }; jwt.sign({}, c["k"]);', ["'v'"]),
    "shorthand": ('const k = "v"; const c = { k }; jwt.sign({}, c.k);', ["'v'"]),
    "spread": ('const a = { k: "v" }; const c = { ...a, x: 1 }; jwt.sign({}, c.k);', ["'v'"]),
    "object assigned": ('const c = {}; c.k = "v"; jwt.sign({}, c.k);', ["'v'"]),
    "frozen": ('const c = Object.freeze({ k: "v" }); jwt.sign({}, c.k);', ["'v'"]),
    "merged": ('const c = Object.assign({}, { k: "v" }); jwt.sign({}, c.k);', ["'v'"]),
    "unpacked": ('const { a: { k } } = { a: { k: "v" } }; jwt.sign({}, k);', ["'v'"]),
    "unpacked array": ('const [, k] = ["a", "v"]; jwt.sign({}, k);', ["'v'"]),
    "optional chain": ('const c = { k: "v" }; jwt.sign({}, c?.k);', ["'v'"]),
    "buffer": ('jwt.sign({}, Buffer.from("k"));', ["'k'"]),
    "text of": ('jwt.sign({}, "k".toString());', ["'k'"]),
    "trimmed": ('jwt.sign({}, " k ".trim());', ["'k'"]),
    "function": ('function key() { return "k"; } jwt.sign({}, key());', ["'k'"]),
    "function below": ('jwt.sign({}, key()); function key() { return "k"; }', ["'k'"]),
    "arrow": ('const key = () => "k"; jwt.sign({}, key());', ["'k'"]),
    "arrow with a default": ('const key = (k = "d") => k; jwt.sign({}, key());', ["'d'"]),
    "async": (
        'const key = async () => "k"; async function f() { jwt.sign({}, await key()); }',
        ["'k'"],
    ),
    "then": ('const key = async () => "k"; key().then((k) => jwt.sign({}, k));', ["'k'"]),
    "then, given back": (
        'async function f() { const k = await load().then(() => "k"); jwt.sign({}, k); }',
        ["'k'"],
    ),
    "promise": (
        "async function f() { const k = await new Promise((r) => r('k')); jwt.sign({}, k); }",
        ["'k'"],
    ),
    "bound": ('const sign = jwt.sign.bind(jwt); sign({}, "k");', ["'k'"]),
    "promisified": (
        'const { promisify } = require("util"); const sign = promisify(jwt.sign); sign({}, "k");',
        ["'k'"],
    ),
    "compiled": ('(0, jwt.sign)({}, "k");', ["'k'"]),
    "wrapper": (
        'const mint = (p, k) => jwt.sign(p, k); mint({}, "a"); mint({}, "b");',
        ["'a'", "'b'"],
    ),
    "wrapper with options": (
        'const mint = ({ key = "d" }) => jwt.sign({}, key); mint({ key: "a" }); mint({});',
        ["'a'", "'d'"],
    ),
    "wrapper with a rest": ('const mint = (...a) => jwt.sign(...a); mint({}, "a");', ["'a'"]),
    "field": ('class T { key = "k"; m() { jwt.sign({}, this.key); } }', ["'k'"]),
    "private field": ('class T { #key = "k"; m() { jwt.sign({}, this.#key); } }', ["'k'"]),
    "static field": ('class T { static key = "k"; } jwt.sign({}, T.key);', ["'k'"]),
    "static method": (
        'class T { static key() { return "k"; } } jwt.sign({}, T.key());',
        ["'k'"],
    ),
    "static by this": (
        'class T { static k = "v"; static m() { jwt.sign({}, this.k); } }',
        ["'v'"],
    ),
    "getter": (
        'class T { get key() { return "k"; } m() { jwt.sign({}, this.key); } }',
        ["'k'"],
    ),
    "constructor": (
        "class T { constructor(k) { this.key = k; } m() { jwt.sign({}, this.key); } }"
        ' new T("a").m();',
        ["'a'"],
    ),
    "arrow field": ('class T { key = "k"; m = () => jwt.sign({}, this.key); }', ["'k'"]),
    "arrow in a method": (
        'class T { key = "k"; m() { return [1].map(() => jwt.sign({}, this.key)); } }',
        ["'k'"],
    ),
    "inherited": (
        'class A { key = "k"; } class B extends A { m() { jwt.sign({}, this.key); } }',
        ["'k'"],
    ),
    "super": (
        "class A { constructor(k) { this.key = k; } m() { jwt.sign({}, this.key); } }"
        ' class B extends A { constructor() { super("k"); } } new B().m();',
        ["'k'"],
    ),
    "closure": (
        'function make(k) { return { mint: () => jwt.sign({}, k) }; } make("a");',
        ["'a'"],
    ),
    "method of an object": (
        'const s = { key: "k", mint() { return jwt.sign({}, this.key); } };',
        ["'k'"],
    ),
    "in an immediate function": ('(function () { jwt.sign({}, "k"); })();', ["'k'"]),
    "loop": ('for (const k of ["a", "b"]) jwt.sign({}, k);', ["'a' | 'b'"]),
    "default of a parameter": ('function f(k = "d") { jwt.sign({}, k); }', ["param k"]),
    "element": ('const ks = ["a", "b"]; jwt.sign({}, ks[0]);', ["'a'"]),
    "each": ('["a"].forEach((k) => jwt.sign({}, k));', ["'a'"]),
}


@pytest.mark.parametrize("name", KEYS)
def test_key(name):
    text, expected = KEYS[name]
    assert arguments({"app.js": IMPORT + text}, "key") == expected


MODULES = {
    "exports": ({"k.js": 'exports.K = "k";'}, 'const { K } = require("./k"); jwt.sign({}, K);'),
    "module.exports": (
        {"k.js": 'module.exports = { K: "k" };'},
        'const c = require("./k"); jwt.sign({}, c.K);',
    ),
    "module.exports is a value": (
        {"k.js": 'module.exports = "k";'},
        'const K = require("./k"); jwt.sign({}, K);',
    ),
    "module.exports is extended": (
        {"k.js": 'module.exports.K = "k";'},
        'jwt.sign({}, require("./k").K);',
    ),
    "exported constant": (
        {"k.ts": 'export const K = "k" as const;'},
        'import { K } from "./k"; jwt.sign({}, K);',
    ),
    "default": ({"k.js": 'export default "k";'}, 'import K from "./k.js"; jwt.sign({}, K);'),
    "default object": (
        {"k.js": 'export default { K: "k" };'},
        'import c from "./k"; jwt.sign({}, c.K);',
    ),
    "default of CommonJS": (
        {"k.js": 'module.exports = { K: "k" };'},
        'import c, { K } from "./k"; jwt.sign({}, c.K || K);',
    ),
    "namespace": (
        {"k.ts": 'export const K = "k";'},
        'import * as c from "./k"; jwt.sign({}, c.K);',
    ),
    "renamed": (
        {"k.ts": 'const a = "k"; export { a as K };'},
        'import { K as b } from "./k"; jwt.sign({}, b);',
    ),
    "barrel": (
        {"lib/index.ts": 'export * from "./k";', "lib/k.ts": 'export const K = "k";'},
        'import { K } from "./lib"; jwt.sign({}, K);',
    ),
    "barrel by name": (
        {"lib/index.ts": 'export { a as K } from "./k";', "lib/k.ts": 'export const a = "k";'},
        'import { K } from "./lib"; jwt.sign({}, K);',
    ),
    "barrel of defaults": (
        {
            "lib/index.ts": 'export { default as c } from "./k";',
            "lib/k.ts": 'export default { K: "k" };',
        },
        'import { c } from "./lib"; jwt.sign({}, c.K);',
    ),
    "alias": ({"src/k.ts": 'export const K = "k";'}, 'import { K } from "@/k"; jwt.sign({}, K);'),
    "alias of a folder": (
        {"src/app/k.ts": 'export const K = "k";'},
        'import { K } from "@app/k"; jwt.sign({}, K);',
    ),
    "another package": (
        {"packages/keys/src/index.ts": 'export const K = "k";'},
        'import { K } from "@acme/keys"; jwt.sign({}, K);',
    ),
    "enum": (
        {"k.ts": 'export enum E { K = "k" }'},
        'import { E } from "./k"; jwt.sign({}, E.K);',
    ),
    "class": (
        {"k.ts": 'export class C { static readonly K = "k"; }'},
        'import { C } from "./k"; jwt.sign({}, C.K);',
    ),
    "instance": (
        {"k.ts": 'class C { K = "k"; } export default new C();'},
        'import c from "./k"; jwt.sign({}, c.K);',
    ),
    "function": (
        {"k.ts": "export default function key() { return 'k'; }"},
        'import key from "./k"; jwt.sign({}, key());',
    ),
    "dynamic": (
        {"k.ts": 'export const K = "k";'},
        'async function f() { const { K } = await import("./k"); jwt.sign({}, K); }',
    ),
    "configuration file": (
        {"config.json": '{"jwt": {"secret": "k"}}'},
        'const c = require("./config.json"); jwt.sign({}, c.jwt.secret);',
    ),
    "each other": (
        {"k.js": 'const a = require("./app"); exports.K = "k";'},
        'const { K } = require("./k"); jwt.sign({}, K);',
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_key_of_another_module(name):
    files, text = MODULES[name]
    assert arguments({"app.ts": IMPORT + text, **files}, "key") == ["'k'"]


def outcomes(text):
    """What is assigned to a variable, or stored under a name."""
    events = project({"app.js": IMPORT + textwrap.dedent(text)}).events
    return {
        getattr(e, "name", None) or show(e.key).strip("'"): show(e.value)
        for e in events
        if hasattr(e, "value") and (hasattr(e, "name") or hasattr(e, "key"))
    }


VERIFIED = {
    "callback": "jwt.verify(t, k, (err, claims) => { req.user = claims; });",
    "callback after options": "jwt.verify(t, k, {}, function (e, claims) { req.user = claims; });",
    "named callback": (
        "function done(err, claims) { req.user = claims; }\njwt.verify(t, k, done);"
    ),
    "promise": (
        "const check = (t) => new Promise((resolve, reject) => {\n"
        "  jwt.verify(t, k, (err, claims) => err ? reject(err) : resolve(claims));\n});\n"
        "async function f(t) { req.user = await check(t); }"
    ),
    "then": (
        "const { promisify } = require('util');\n"
        "promisify(jwt.verify)(t, k).then((claims) => { req.user = claims; });"
    ),
    "wrapper": "const check = (t) => jwt.verify(t, k);\nreq.user = check(x);",
}


@pytest.mark.parametrize("name", VERIFIED)
def test_claims_arrive(name):
    assert outcomes(VERIFIED[name])["user"] in ("js:jsonwebtoken.verify()", "param claims")


def test_a_known_package_is_not_taken_for_a_folder():
    files = {
        "app.ts": 'import { JwtService } from "@nestjs/jwt"; new JwtService({}).sign({});',
        "packages/jwt/src/index.ts": "export class JwtService {}",
    }
    (call, *_) = project(files).calls
    assert call.name == "js:@nestjs/jwt.JwtService"
