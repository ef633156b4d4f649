"""The JavaScript front end: what becomes of each form."""

from __future__ import annotations

import pytest

from jwtaudit import facts as f
from jwtaudit.frontends import Unparsable, extract, javascript, markup
from jwtaudit.frontends.triage import Vocabulary
from jwtaudit.source import Source


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
        ('const c = require(path.join(__dirname, "..", "config"));', "./../config", None, "c"),
        ('const c = require(path.resolve("./config/env"));', "~/config/env", None, "c"),
        ('const m = await import("jose");', "jose", None, "m"),
        ('import jwt from "jsonwebtoken";', "jsonwebtoken", "default", "jwt"),
        ('import * as jose from "jose";', "jose", None, "jose"),
        ('import { jwtVerify as v } from "jose";', "jose", "jwtVerify", "v"),
        ('export { sign } from "./tokens";', "./tokens", "sign", "exports.sign"),
        ('export * from "./tokens";', "./tokens", None, "exports.*0"),
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


# -- scripts in other texts ----------------------------------------------------------------------


def stored(facts):
    """The keys that a body gives to localStorage.setItem, and where they stand."""
    return [
        (s.value.arguments[0].value.value, s.value.span.start)
        for s in facts.body
        if isinstance(s, f.Evaluate) and isinstance(s.value, f.Call)
    ]


PAGE = """<html><!-- <script>localStorage.setItem("no", 1)</script> -->
<body onload='localStorage.setItem("a", "{{ token }}")'>
<script type="application/json">{"x": 1}</script>
<script>
  {% if user %}localStorage.setItem("b", {{ user|tojson }});{% endif %}
</script>
"""


def test_page():
    facts = extract("page.html", PAGE.encode())
    assert stored(facts) == [
        (key, PAGE.index(f'localStorage.setItem("{key}"')) for key in ("a", "b")
    ]
    filled, tag = (s.value.arguments[1].value for s in facts.body)
    assert isinstance(filled, f.Text)
    assert isinstance(tag, f.Opaque)


def test_component():
    text = '<template>{{ x }}</template>\n<script lang="ts">\nconst k: string = "k";\n</script>'
    (statement,) = extract("App.vue", text.encode()).body
    assert text[slice(*statement.span)] == 'k: string = "k"'


@pytest.mark.parametrize(
    "string",
    [
        """\"\"\"<script>localStorage.setItem("k", 1)</script>\"\"\"""",
        r'''"<script>localStorage.setItem(\"k\", 1)\n</script>"''',
        '''f"<script>if (x) {{ }}; localStorage.setItem('k', '{token}')</script>"''',
        """'<script>' 'localStorage.setItem("k", 1)</script>'""",
        """'localStorage.setItem("k", "{{ t }}")'""",
    ],
)
def test_string_of_a_python_program(string):
    text = f"PAGE = {string}\n"
    (inner,) = extract("app.py", text.encode()).scripts
    assert inner.language == "javascript"
    assert stored(inner) == [("k", text.index("localStorage"))]


def test_garbage_is_given_up():
    with pytest.raises(Unparsable, match="too long"):
        javascript._parse("javascript", "({[" * 100_000, 0.0)


def _classes(text: str) -> dict[str, list[str]]:
    facts = javascript.lower(Source("app.js", text.encode(), text))
    return {s.name: [m.name for m in s.body] for s in facts.body if isinstance(s, f.Class)}


@pytest.mark.parametrize(
    ("text", "methods"),
    [
        ("function A() {}\nA.prototype.a = function () {};\nA.prototype.b = A.c = () => 1;", "ab"),
        ("const A = function () {};\nA.prototype = { a() {}, b: function () {}, n: 1 };", "ab"),
        ("function A() {}\nObject.assign(A.prototype, { a() {}, 'b': () => 1 });", "ab"),
        ("export function A() {}\nA.prototype.a = function b() {};", "a"),
    ],
)
def test_a_prototype_makes_a_class(text, methods):
    assert _classes(text) == {"A": ["__init__", *methods]}


@pytest.mark.parametrize(
    "text",
    [
        "function A() {}\nB.prototype.a = function () {};",
        "function A() {}\nA.prototype.a = 1;",
        "const A = () => 1;\nA.prototype.a = function () {};",
        "function A() {}\nif (x) { A.prototype.a = function () {}; }",
    ],
)
def test_what_is_no_prototype_of_ours_stays(text):
    assert not _classes(text)


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.vue", "<a @click=\"f('x')\">", "f('x')"),
        ("a.vue", "<a v-on:click.once='g(1)'>", "g(1)"),
        ("a.svelte", "<a on:click|once={() => { f('}') }}>", "() => { f('}') }"),
        ("a.svelte", "<a onclick={f}>", "f"),
        ("a.html", "<a onclick={{ f }}>", None),
        ("a.svelte", "<a on:click={() => {>", None),
        ("a.vue", "<a :class=\"f('x')\" href='mailto:a@b=\"c\"'>", None),
    ],
)
def test_handlers_in_templates(name, text, code):
    script = markup.scripts(name, text)
    assert (script and script.text.strip(" ;")) == code


def test_what_calls_a_library_by_any_name_is_not_left_out() -> None:
    filler = "".join(f"function unrelated{i}(a) {{ return a * {i}; }}\n" for i in range(100))
    text = (
        'const simple = require("jwt-simple");\n'
        + filler
        + "exports.read = (t) => simple.decode(t, KEY);\n"
    )
    vocabulary = Vocabulary(imports=("jwt",))
    sliced = extract("x.js", text.encode(), vocabulary)
    closures = [s.value for s in sliced.body if isinstance(s, f.Export)]
    assert len(closures) == 1
    assert not closures[0].function.omitted
    assert all(s.omitted for s in sliced.body if isinstance(s, f.Function))


@pytest.mark.parametrize("path", ["page.jsx", "page.tsx"])
def test_an_ampersand_that_jsx_shows(path: str) -> None:
    text = (
        'const link = <a href="/x?a=1&b=2&amp;c=3">Fish & chips; A&B &#38; {a && b} & more</a>;\n'
        'localStorage.setItem("token", token);\n'
    )
    facts = extract(path, text.encode())
    assert not facts.damaged
    assert len(facts.body) == 2
