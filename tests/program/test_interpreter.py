"""What an expression may stand for, told by the key or payload that reaches a sign call."""

from __future__ import annotations

import textwrap

import pytest

from tests.program.show import arguments, project, show

KEYS = {
    "literal": ('jwt.encode({}, "k")', ["'k'"]),
    "bytes": ('jwt.encode({}, b"k")', ["b'k'"]),
    "constant": ('K = "k"\njwt.encode({}, K)', ["'k'"]),
    "concatenation": ('jwt.encode({}, "a" + "b" "c")', ["'abc'"]),
    "f-string of constants": ('P = "a"\njwt.encode({}, f"{P}-key")', ["'a-key'"]),
    "f-string of an unknown": (
        'def f(x):\n    jwt.encode({}, f"{x}-key")',
        ["(text param x '-key')"],
    ),
    "percent": ('def f(x):\n    jwt.encode({}, "%s-key" % x)', ["(text '%s-key' param x)"]),
    "percent of constants": ('A = "a"\njwt.encode({}, "%s-%s%%" % (A, 1))', ["'a-1%'"]),
    "percent of a mapping": ('jwt.encode({}, "%(a)s-k" % {"a": "b"})', ["'b-k'"]),
    "percent of too few": ('jwt.encode({}, "%s-%s" % ("a",))', ["(text '%s-%s' ['a'])"]),
    "percent with a width": ('jwt.encode({}, "%99999999s" % "a")', ["(text '%99999999s' 'a')"]),
    "format": ('A = "a"\njwt.encode({}, "{}-{x}".format(A, x="b"))', ["'a-b'"]),
    "format of an unknown": ('def f(x):\n    jwt.encode({}, "{}-k".format(x))', ["str.format()"]),
    "format of too few": ('jwt.encode({}, "{}-{}".format("a"))', ["str.format()"]),
    "format with a width": ('jwt.encode({}, "{:99999999}".format("a"))', ["str.format()"]),
    "joined": ('A = "a"\njwt.encode({}, "-".join([A, "b"]))', ["'a-b'"]),
    "joined numbers": ('jwt.encode({}, "-".join([1, 2]))', ["(join [1, 2])"]),
    "the environment stays itself": (
        'import os\nos.environ["A"] = "a"\njwt.encode({}, os.environ["B"])',
        ["env B default absent"],
    ),
    "annotated with a dependency": (
        "from typing import Annotated\nfrom fastapi import Depends\ndef k():\n    return 'k'\n"
        "def f(x: Annotated[str, Depends(k)]):\n    jwt.encode({}, x)",
        ["param x"],
    ),
    "annotated with a list": ("def f(x: [str]):\n    jwt.encode({}, x)", ["param x"]),
    "encode": ('jwt.encode({}, "k".encode("utf-8"))', ["'k'"]),
    "base64": ('import base64\njwt.encode({}, base64.b64decode("c2VjcmV0"))', ["b'secret'"]),
    "hex": ('jwt.encode({}, bytes.fromhex("00ff"))', ["b'\\x00\\xff'"]),
    "multiplied": ('jwt.encode({}, "ab" * 2)', ["'abab'"]),
    "reassigned": ('K = "a"\nK = "b"\njwt.encode({}, K)', ["'b'"]),
    "walrus": ('if (K := "k"):\n    jwt.encode({}, K)', ["'k'"]),
    "unpacked": ('A, K = 1, "k"\njwt.encode({}, K)', ["'k'"]),
    "starred": ('A, *K = 1, "k"\njwt.encode({}, K)', ["?"]),
    "indexed": ('K = ["a", "b"]\njwt.encode({}, K[1])', ["'b'"]),
    "dict entry": ('C = {"k": "v"}\njwt.encode({}, C["k"])', ["'v'"]),
    "nested entry": ('C = {"a": {"k": "v"}}\njwt.encode({}, C["a"]["k"])', ["'v'"]),
    "get with default": ('C = {"a": 1}\njwt.encode({}, C.get("k", "d"))', ["'d'"]),
    "get of a known": ('C = {"k": "v"}\njwt.encode({}, C.get("k", "d"))', ["'v'"]),
    "loop over constants": ('for k in ("a", "b"):\n    jwt.encode({}, k)', ["'a' | 'b'"]),
    "conditional expression": (
        'def f(x):\n    jwt.encode({}, "a" if x else "b")',
        ["'a' | 'b'"],
    ),
    "branch of a module": (
        'if x():\n    K = "a"\nelse:\n    K = "b"\njwt.encode({}, K)',
        ["'a' | 'b'"],
    ),
    "branch of a class": (
        'class C:\n    if x():\n        K = "a"\n    else:\n        K = "b"\njwt.encode({}, C.K)',
        ["'a' | 'b'"],
    ),
    "own base, by name": (
        "from m import C\nclass B(C):\n    pass\nclass C(B):\n    pass\njwt.encode({}, C().k)",
        ["a C.k"],
    ),
    "branches": (
        'def f(x):\n    if x:\n        k = "a"\n    else:\n        k = "b"\n    jwt.encode({}, k)',
        ["'a' | 'b'"],
    ),
    "branch that ends": (
        'def f(x):\n    k = "a"\n    if x:\n        k = "b"\n        return\n    jwt.encode({}, k)',
        ["'a'"],
    ),
    "try": (
        'try:\n    from conf import K\nexcept ImportError:\n    K = "k"\njwt.encode({}, K)',
        ["'k' | conf.K"],
    ),
    "while": ('K = "a"\nwhile x():\n    K = "b"\njwt.encode({}, K)', ["'a' | 'b'"]),
    "environment": ('import os\njwt.encode({}, os.environ["K"])', ["env K default absent"]),
    "environment get": (
        'import os\njwt.encode({}, os.environ.get("K", "d"))',
        ["env K default 'd'"],
    ),
    "getenv": ('from os import getenv\njwt.encode({}, getenv("K"))', ["env K default absent"]),
    "getenv keyword": (
        'import os\njwt.encode({}, os.getenv("K", default="d"))',
        ["env K default 'd'"],
    ),
    "or": ('import os\njwt.encode({}, os.getenv("K") or "d")', ["env K default 'd'"]),
    "or of unknowns": ('def f(k):\n    jwt.encode({}, k or "d")', ["'d' | param k"]),
    "class attribute": ('class C:\n    K = "k"\njwt.encode({}, C.K)', ["'k'"]),
    "instance attribute": (
        'class C:\n    def __init__(self):\n        self.k = "k"\n'
        "    def f(self):\n        jwt.encode({}, self.k)",
        ["'k'"],
    ),
    "constructor argument": (
        "class C:\n    def __init__(self, k):\n        self.k = k\n"
        '    def f(self):\n        jwt.encode({}, self.k)\nC("k").f()',
        ["'k'"],
    ),
    "inherited attribute": (
        'class A:\n    K = "k"\nclass B(A):\n    def f(self):\n        jwt.encode({}, self.K)',
        ["'k'"],
    ),
    "property": (
        'class C:\n    @property\n    def k(self):\n        return "k"\n'
        "    def f(self):\n        jwt.encode({}, self.k)",
        ["'k'"],
    ),
    "classmethod": (
        'class C:\n    K = "k"\n    @classmethod\n    def f(cls):\n        jwt.encode({}, cls.K)',
        ["'k'"],
    ),
    "staticmethod": (
        'class C:\n    @staticmethod\n    def f(k):\n        jwt.encode({}, k)\nC.f("k")',
        ["'k'"],
    ),
    "function result": ('def k():\n    return "k"\njwt.encode({}, k())', ["'k'"]),
    "function results": (
        'def k(x):\n    if x:\n        return "a"\n    return "b"\njwt.encode({}, k(1))',
        ["'a' | 'b'"],
    ),
    "argument passed through": (
        'def same(k):\n    return k\njwt.encode({}, same("k"))',
        ["'k'"],
    ),
    "parameter default": ('def f(k="d"):\n    jwt.encode({}, k)\nf()', ["'d'"]),
    "wrapper, once per caller": (
        'def sign(k):\n    return jwt.encode({}, k)\nsign("a")\nsign(k="b")',
        ["'a'", "'b'"],
    ),
    "wrapper of a wrapper": (
        'def one(k):\n    return jwt.encode({}, k)\ndef two(k):\n    return one(k)\ntwo("k")',
        ["'k'"],
    ),
    "spread of a known mapping": (
        'O = {"key": "k"}\njwt.encode({}, **O)',
        ["'k'"],
    ),
    "spread of an unknown": ("def f(**o):\n    jwt.encode({}, **o)", ["?"]),
    "spread arguments": ('A = ({}, "k")\njwt.encode(*A)', ["'k'"]),
    "recursion ends": (
        'def f(k):\n    jwt.encode({}, k)\n    return f(k)\nf("k")',
        ["'k'", "'k'"],  # once by each call of f
    ),
    "nested function": (
        'def f():\n    k = "k"\n    def g():\n        jwt.encode({}, k)\n    g()',
        ["'k'"],
    ),
    "lambda": ('f = lambda k: jwt.encode({}, k)\nf("k")', ["'k'"]),
    "global": (
        'K = "a"\ndef f():\n    global K\n    K = "b"\nf()\njwt.encode({}, K)',
        ["'a' | 'b'"],
    ),
    "getattr": ('class C:\n    K = "k"\njwt.encode({}, getattr(C, "K"))', ["'k'"]),
    "match": (
        'def f(x):\n    match x:\n        case 1:\n            k = "a"\n'
        '        case _:\n            k = "b"\n    jwt.encode({}, k)',
        ["'a' | 'b'"],
    ),
    "with": ("with open(x) as h:\n    jwt.encode({}, h)", ["open()"]),
    "comprehension": ("K = [k for k in x]\njwt.encode({}, K[0])", ["(each ?[?])[0]"]),
    "deleted name stays unknown": ("jwt.encode({}, NOWHERE)", ["?"]),
    "unknown stays unknown": ("def f(x):\n    jwt.encode({}, x.y.z)", ["param x.y.z"]),
}


@pytest.mark.parametrize("name", KEYS)
def test_key(name: str) -> None:
    code, expected = KEYS[name]
    assert arguments("import jwt\n" + code, "key") == expected


PAYLOADS = {
    "dict": ('p = {"a": 1}', "{a: 1}"),
    "dict call": ("p = dict(a=1)", "{a: 1}"),
    "dict of a dict": ('p = dict({"a": 1}, b=2)', "{a: 1, b: 2}"),
    "spread": ('q = {"a": 1}\np = {**q, "b": 2}', "{a: 1, b: 2}"),
    "spread of an unknown": ('p = {**x, "b": 2}', "{b: 2, **param x}"),
    "union": ('p = {"a": 1} | {"b": 2}', "{a: 1, b: 2}"),
    "update": ('p = {"a": 1}\np.update({"b": 2})', "{a: 1, b: 2}"),
    "update with keywords": ("p = {}\np.update(b=2)", "{b: 2}"),
    "update of a parameter": ('p = x\np.update({"exp": 2})', "{exp: 2, **param x}"),
    "copy, then update": ('p = x.copy()\np.update({"exp": 2})', "{exp: 2, **param x}"),
    "item": ('p = {}\np["a"] = 1', "{a: 1}"),
    "item of a parameter": ('p = x\np["a"] = 1', "{a: 1, **param x}"),
    "nested item": ('p = {"c": {}}\np["c"]["a"] = 1', "{c: {a: 1}}"),
    "setdefault": ('p = {}\np.setdefault("a", 1)', "{a: 1}"),
    "setdefault of a known": ('p = {"a": 1}\np.setdefault("a", 2)', "{a: 1}"),
    "pop": ('p = {"a": 1, "b": 2}\np.pop("a")', "{a: absent, b: 2}"),
    "del": ('p = {"a": 1, "b": 2}\ndel p["a"]', "{a: absent, b: 2}"),
    "one branch": ('p = {}\nif x:\n    p["exp"] = 1', "{exp: 1 | absent}"),
    "both branches": (
        'p = {}\nif x:\n    p["exp"] = 1\nelse:\n    p["exp"] = 2',
        "{exp: 1 | 2}",
    ),
    "helper that adds": (
        'def add(d):\n    d["exp"] = 1\np = {"a": 0}\nadd(p)',
        "{a: 0, exp: 1}",
    ),
    "helper that returns": (
        'def add(d):\n    return {**d, "exp": 1}\np = add({"a": 0})',
        "{exp: 1, a: 0}",
    ),
    "unknown key": ("p = {x: 1}", "{**(entry param x 1)}"),
    "attribute": ('o.p = {"a": 1}\no.p["b"] = 2\np = o.p', "{a: 1, b: 2}"),
    "augmented": ('p = {"a": 1}\np |= {"b": 2}', "{a: 1, b: 2}"),
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_payload(name: str) -> None:
    code, expected = PAYLOADS[name]
    body = textwrap.indent(code, "    ")
    text = f"import jwt\ndef f(x, o):\n{body}\n    return jwt.encode(p, 'k')\n"
    found = arguments(text, "payload")
    if "**" in expected and "{exp: 1, a" not in expected:
        assert found == [expected]
    else:
        # the order in which entries came together is of no account
        assert [sorted(f[1:-1].split(", ")) for f in found] == [sorted(expected[1:-1].split(", "))]


IMPORTS = {
    "plain": "import jwt\njwt.decode(t, 'k')",
    "alias": "import jwt as j\nj.decode(t, 'k')",
    "name": "from jwt import decode\ndecode(t, 'k')",
    "name alias": "from jwt import decode as d\nd(t, 'k')",
    "star": "from jwt import *\ndecode(t, 'k')",
    "reassigned": "import jwt\nx = jwt\nx.decode(t, 'k')",
    "function reassigned": "import jwt\nd = jwt.decode\nd(t, 'k')",
    "instance": "import jwt\njwt.PyJWT().decode(t, 'k')",
    "instance kept": "from jwt import PyJWT\np = PyJWT()\np.decode(t, 'k')",
    "partial": "import jwt, functools\nd = functools.partial(jwt.decode, key='k')\nd(t)",
    "getattr": "import jwt\ngetattr(jwt, 'decode')(t, 'k')",
    "importlib": "import importlib\nimportlib.import_module('jwt').decode(t, 'k')",
    "path in a text": (
        "from django.utils.module_loading import import_string\n"
        "import_string('jwt.PyJWT')().decode(t, 'k')"
    ),
    "path in a variable": (
        "import os\nfrom werkzeug.utils import import_string\n"
        "import_string(os.environ.get('DECODER', 'jwt:decode'))(t, 'k')"
    ),
    "inside a function": "def f(t):\n    import jwt\n    return jwt.decode(t, 'k')",
    "full width": "import jwt\n\uff4a\uff57\uff54.decode(t, 'k')",
    "conditional": "try:\n    import jwt\nexcept ImportError:\n    jwt = None\njwt.decode(t, 'k')",
    "instance attribute": (
        "import jwt\nclass A:\n    def __init__(self):\n        self.j = jwt.PyJWT()\n"
        "    def f(self, t):\n        return self.j.decode(t, 'k')"
    ),
}


@pytest.mark.parametrize("name", IMPORTS)
def test_a_call_is_known_however_it_is_named(name: str) -> None:
    assert arguments(IMPORTS[name], "key", "verify") == ["'k'"]


NOT_THE_LIBRARY = {
    "other module": "import tokens as jwt\njwt.decode(t, 'k')",
    "familiar name": "def decode(t, k):\n    return t\ndecode(t, 'k')",
    "method of something": "class C:\n    def decode(self, t, k): ...\nC().decode(t, 'k')",
    "rebound": "import jwt\njwt = C()\njwt.decode(t, 'k')",
    "a parameter": "def f(jwt):\n    jwt.decode(t, 'k')",
}


@pytest.mark.parametrize("name", NOT_THE_LIBRARY)
def test_what_only_looks_like_the_library_is_not(name: str) -> None:
    assert arguments(NOT_THE_LIBRARY[name], "key", "verify") == []


def test_a_project_module_of_the_library_s_name_is_the_project_s() -> None:
    files = {"jwt.py": "def decode(t, k): ...", "app.py": "import jwt\njwt.decode(t, 'k')"}
    assert arguments(files, "key", "verify") == []


@pytest.mark.parametrize(
    "files",
    [
        {"app/__init__.py": "", "app/jwt.py": "KEY = 'k'"},
        {"app/jwt.py": "import jwt\ndef encode(p):\n    return jwt.encode(p, 'own')"},
    ],
    ids=["of a package", "around the library"],
)
def test_a_module_named_after_the_library_hides_it_from_nobody(files: dict[str, str]) -> None:
    files["app/login.py"] = "import jwt\njwt.decode(t, 'k')"
    assert arguments(files, "key", "verify") == ["'k'"]


def test_callers_in_tests_say_nothing_of_use() -> None:
    files = {
        "app.py": "import jwt\ndef sign(p, key):\n    return jwt.encode(p, key)",
        "tests/test_app.py": "from app import sign\ndef test():\n    sign({}, 'k')",
    }
    assert arguments(files, "key") == ["param key"]


def test_values_cross_files() -> None:
    files = {
        "src/app/__init__.py": "",
        "src/app/conf.py": "from .base import *\nALG = 'HS256'",
        "src/app/base.py": "KEY = 'k'",
        "src/app/tokens.py": (
            "import jwt\nfrom app import conf\n"
            "def make(p):\n    return jwt.encode(p, conf.KEY, algorithm=conf.ALG)"
        ),
        "src/app/views.py": "from .tokens import make\nmake({'sub': 1})",
    }
    assert arguments(files, "key") == ["'k'"]
    assert arguments(files, "payload") == ["{sub: 1}"]
    assert arguments(files, "algorithm") == ["'HS256'"]


@pytest.mark.parametrize(
    "read",
    [
        "import app.conf\nKEY = app.conf.KEY",
        "import app.conf as c\nKEY = c.KEY",
        "from app import conf\nKEY = conf.KEY",
        "from app.conf import KEY",
        "from app.conf import *",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x\n"
        "from app.conf import KEY",
        "try:\n    from app.conf import KEY\nexcept ImportError:\n    raise",
        "def load():\n    from app.conf import KEY\n    return KEY\nKEY = load()",
    ],
)
def test_imports_from_a_package_without_init(read: str) -> None:
    files = {"app/conf.py": "KEY = 'k'", "main.py": f"import jwt\n{read}\njwt.encode({{}}, KEY)"}
    assert arguments(files, "key") == ["'k'"]


SETTINGS = {
    "field": ("key: str = Field(default='k')", "Settings().key"),
    "factory": ("key: str = Field(default_factory=lambda: 'k')", "Settings().key"),
    "nested": ("inner: Inner = Inner()", "Settings().inner.key"),
    "nested factory": ("inner: Inner = Field(default_factory=Inner)", "Settings().inner.key"),
    "provider": ("key: str = 'k'", "get().key"),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_objects(name: str) -> None:
    declared, read = SETTINGS[name]
    files = {
        "conf.py": (
            "from pydantic_settings import BaseSettings\nfrom pydantic import Field\n"
            "class Inner(BaseSettings):\n    key: str = 'k'\n"
            f"class Settings(BaseSettings):\n    {declared}\n"
            "def get():\n    return Settings()\n"
        ),
        "app.py": f"import jwt\nfrom conf import Settings, get\njwt.encode({{}}, {read})",
    }
    (found,) = arguments(files, "key")
    assert found.endswith("key default 'k'")


@pytest.mark.parametrize(
    "parameter",
    ["s: Settings = Depends(get)", "s: Annotated[Settings, Depends(get)]", "s=Depends(Settings)"],
)
def test_injected_settings(parameter: str) -> None:
    text = (
        "import jwt\nfrom fastapi import Depends\nfrom typing import Annotated\n"
        "from pydantic import BaseSettings\n"
        "class Settings(BaseSettings):\n    key: str = 'k'\n    must: str\n"
        "def get():\n    return Settings()\n"
        f"def sign({parameter}):\n    jwt.encode({{}}, s.key)\n    jwt.encode({{}}, s.must)\n"
    )
    assert arguments(text, "key") == ["setting key default 'k'", "setting must default absent"]


@pytest.mark.parametrize(
    ("made", "expected"),
    [("Cfg()", "'d'"), ("Cfg(key='k')", "'k'"), ("Cfg(1, 'k')", "'k'"), ("Cfg(*x)", "'d'")],
)
def test_fields_of_a_dataclass(made: str, expected: str) -> None:
    text = (
        "import jwt\nfrom dataclasses import dataclass\n@dataclass\nclass Cfg:\n"
        f"    n: int = 0\n    key: str = 'd'\ncfg = {made}\njwt.encode({{}}, cfg.key)"
    )
    assert arguments(text, "key") == [expected]


def test_a_class_put_in_the_place_of_its_base() -> None:
    text = """
        import jwt
        from elsewhere import queue

        def init(app):
            class Task(queue.Task):
                def __call__(self):
                    return self.run(jwt.encode({}, "k"))

            queue.Task = Task
    """
    assert arguments(textwrap.dedent(text), "key") == ["'k'"]


def test_modules_that_import_each_other() -> None:
    files = {
        "a.py": "import jwt\nfrom b import KEY\nALG = 'HS256'\njwt.encode({}, KEY)",
        "b.py": "from a import ALG\nKEY = 'k'",
    }
    assert arguments(files, "key") == ["'k'"]


def test_the_way_of_a_value_is_told() -> None:
    text = "import jwt\nA = 'k'\nB = A\ndef key():\n    return B\njwt.encode({}, key())"
    (site,) = project(text).sites("sign")
    hops = [hop.what for hop in site.argument("key").trace]
    assert hops == ["`A` is set", "`B` is set", "returned by `key()`"]


def test_absent_none_and_unknown_differ() -> None:
    text = (
        "import jwt\ndef f(o):\n    jwt.decode(t)\n"
        "    jwt.decode(t, algorithms=None)\n    jwt.decode(t, **o)"
    )
    assert arguments(text, "algorithms", "verify") == ["absent", "None", "?"]


def test_deep_chains_end() -> None:
    text = "import jwt\nx0 = y\n" + "".join(f"x{i + 1} = {{'a': x{i}}}\n" for i in range(300))
    text += "jwt.encode(x300, 'k')\n"
    assert arguments(text, "key") == ["'k'"]
    functions = "".join(f"def f{i}(p):\n    return f{i + 1}({{'a': p}})\n" for i in range(60))
    text = f"import jwt\n{functions}def f60(p):\n    return jwt.encode(p, 'k')\nf0(1)\n"
    assert arguments(text, "key") == ["'k'"]


def test_many_alternatives_are_cut() -> None:
    branches = "".join(f"    if x == {i}:\n        k = 'k{i}'\n" for i in range(40))
    text = f"import jwt\ndef f(x, k):\n{branches}    jwt.encode({{}}, k)\n"
    (key,) = arguments(text, "key")
    assert "?" in key
    assert key.count("|") < 20


def test_show_refuses_what_it_does_not_know() -> None:
    with pytest.raises(AssertionError):
        show(object())  # type: ignore[arg-type]


def test_what_may_not_be_set_hides_nothing_that_is_merged_in():
    text = (
        "import jwt\ndef claims(a, more):\n    d = {}\n    if a:\n        d['exp'] = 1\n"
        "    if more:\n        d.update(more)\n    return d\n"
        "jwt.encode(claims(b, {'exp': 'given'}), 'k')"
    )
    assert arguments(text, "payload", "sign") == ["{exp: 'given' | 1}"]


def test_what_was_removed_stays_removed():
    text = (
        "import jwt\ndef sign(more):\n    d = {**more}\n    del d['exp']\n    "
        "jwt.encode(d, 'k')\nsign({'exp': 'given'})"
    )
    assert "given" not in arguments(text, "payload", "sign")[0]


ROOMS = {
    "rooms.py": """
        import jwt

        class State:
            def __init__(self, room):
                self.room = room
                self.last = None

            def seen(self, message):
                self.last = later(self.room.state.last, message.at)

        class Room:
            def __init__(self):
                self.state = State(self)

            def sign(self):
                return jwt.encode({"last": self.state.last}, "k")
    """,
    "rooms.js": """
        const jwt = require("jsonwebtoken");

        class State {
          constructor(room) {
            this.room = room;
            this.last = null;
          }
          seen(message) {
            this.last = later(this.room.state.last, message.at);
          }
        }

        class Room {
          constructor() {
            this.state = new State(this);
          }
          sign() {
            return jwt.sign({ last: this.state.last }, "k");
          }
        }
    """,
}


@pytest.mark.parametrize("path", ROOMS)
def test_an_attribute_may_be_made_of_itself_through_what_holds_its_object(path):
    program = project({path: textwrap.dedent(ROOMS[path])})
    assert [show(site.argument("key")) for site in program.sites("sign")] == ["'k'"]
    assert program.failed == {}


def test_methods_that_others_put_in_place_may_be_put_in_place_themselves():
    source = """
        import abc
        import jwt

        class Keys(abc.ABC):
            @abc.abstractmethod
            def read(self): ...
            def sign(self):
                return jwt.encode({}, self.read())

        class StoredKeys(Keys):
            @abc.abstractmethod
            def read(self): ...

        class FileKeys(StoredKeys):
            def read(self):
                return "k"

        def run(keys: Keys):
            return keys.sign()
    """
    program = project({"keys.py": textwrap.dedent(source)})
    assert program.failed == {}
    assert "'k'" in str([show(site.argument("key")) for site in program.sites("sign")])
