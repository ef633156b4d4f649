"""The Python front end: spans, encodings, and bodies that are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jwtaudit import facts as f
from jwtaudit.frontends import Unparsable, extract, extract_function, language_of, read
from jwtaudit.frontends.slicing import blanked, left_out
from jwtaudit.frontends.triage import VALUES, Vocabulary, matters
from jwtaudit.program.limits import MAX_CALL_DEPTH

if TYPE_CHECKING:
    from collections.abc import Iterator

VOCABULARY = Vocabulary(("jwt", "jose"), ("set_cookie",))


def nodes(tree: Any) -> Iterator[Any]:
    if isinstance(tree, tuple) and not hasattr(tree, "_fields"):
        for item in tree:
            yield from nodes(item)
    elif hasattr(tree, "__dataclass_fields__"):
        yield tree
        for name in tree.__dataclass_fields__:
            yield from nodes(getattr(tree, name))


@pytest.mark.parametrize(
    "data",
    [
        b"a = b(c, d=e)\n",
        b"\xef\xbb\xbfa = b\n",
        "é = ('ü', x)\ny = é\n".encode(),
        b"# -*- coding: latin-1 -*-\nx = '\xe9'; y = z\n",
        b"x = 1\r\ny = z(w)\r\n",
        b"x = 1\ry = z(w)\r",
        b"x = 1\n\x0c\ndef f():\n    return z\n\x0cy = z\n",
        b"def f():\n\treturn (a +\n\t\tb)\n",
        b"x = [  a , b ,]; y = {'k' : c}  # comment\nz = f'{d!r:>{w}}'",
        "x = '😀' + y; z = w\n".encode(),
    ],
)
def test_spans_are_those_of_the_text(data: bytes) -> None:
    source, facts = read("x.py", data), extract("x.py", data)
    names = [node for node in nodes(facts.body) if isinstance(node, f.Name)]
    assert names
    for name in names:
        assert source.text[name.span.start : name.span.end] == name.id


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"x = 1\ny = (\n", "syntax error: '(' was never closed", 2),
        (b"def f(:\n    pass\n", "syntax error", 1),
        (b"x = '\xff'\n", "not valid utf-8 text", 1),
        (b"# coding: no-such-codec\n", "unknown encoding 'no-such-codec'", None),
        (b"# coding: rot13\nk = 1\n", "unknown encoding 'rot13'", None),
        (b"\xff\xfex\x00", "UTF-16", None),
    ],
)
def test_what_cannot_be_read_is_said(data: bytes, message: str, line: int | None) -> None:
    with pytest.raises(Unparsable) as caught:
        extract("x.py", data)
    assert message in caught.value.message
    assert caught.value.line == line


def test_texts_are_kept_with_their_place() -> None:
    text = (
        "a = 'eyJhbGciOi'\nb = 'eyJ' + 'x'\n'''docstring eyJ here'''\n"
        "c = f'<eyJ {a} localStorage>'\n"
    )
    facts = extract("x.py", text.encode())
    kept = [(t.text, t.docstring, t.raw) for t in facts.texts]
    assert kept == [
        ("eyJhbGciOi", False, True),
        ("docstring eyJ here", True, True),
        ("<eyJ \ufffc localStorage>", False, False),
    ]
    first = facts.texts[0]
    start = first.span.start + first.offset
    assert text[start : start + len(first.text)] == first.text


def test_comments_that_speak_to_jwtaudit() -> None:
    text = "x = '# jwtaudit: ignore[JWT101] no comment'\ny = 1  # jwtaudit: ignore[JWT201] why\n"
    (comment,) = extract("x.py", text.encode()).comments
    assert comment.text == "# jwtaudit: ignore[JWT201] why"


FILLER = "".join(f"def unrelated_{i}(a):\n    b = a * {i}\n    return b\n\n" for i in range(40))


def functions(facts: f.Facts) -> dict[str, bool]:
    return {n.name: n.omitted for n in nodes(facts.body) if isinstance(n, f.Function)}


def test_bodies_that_cannot_matter_are_left_out() -> None:
    text = (
        "import jwt as j\n" + FILLER + "def sign(p):\n    return j.encode(p, 'k')\n"
        "class C:\n    def caller(self):\n        '''é'''\n        return sign({'x': 'ü'})\n"
        "    def other(self):\n        return [1,\n            2]\n"
        "    async def one_line(self): return 3\n"
        "TAIL = other\n"
    )
    sliced, whole = extract("x.py", text.encode(), VOCABULARY), extract("x.py", text.encode())
    kept = {name for name, omitted in functions(sliced).items() if not omitted}
    assert kept == {"sign", "caller"}
    assert functions(sliced).keys() == functions(whole).keys()
    assert not any(functions(whole).values())
    kept_whole = [n for n in nodes(whole.body) if isinstance(n, f.Function) and n.name in kept]
    assert [n for n in nodes(sliced.body) if getattr(n, "name", "") in kept] == kept_whole
    # everything that stays, stays in its place
    assert [s.span for s in sliced.body] == [s.span for s in whole.body]
    spans = {n.span for n in nodes(whole.body) if isinstance(n, f.Name)}
    assert {n.span for n in nodes(sliced.body) if isinstance(n, f.Name)} <= spans


def test_definitions_in_which_nothing_matters_are_read_as_libcst_would() -> None:
    quiet = (
        "@final\nclass Colour(Enum, metaclass=Meta):\n    '''é'''\n    RED: int = 1\n"
        "    @property\n    def name(self):\n        # as jwt has it\n        return 'ü'\n\n"
        "@once\nasync def start(x: int = 3, *a) -> None:\n    sign({'a': 1})\n"
    )
    text = "LINE = 0\n" * 60 + (
        "import jwt\n"
        f"def sign(p):\n    return jwt.encode(p, 'k')\n{quiet}"
        "class Told:\n    jwt_key = 'k'\n    def other(self):\n        return sign(1)  # é\n"
        "class Held:\n    def also(self):\n        return jwt.encode({}, 'k')\n"
        "TAIL = start\n"
    )
    source = read("x.py", text.encode())
    left = left_out(source, VOCABULARY)
    assert [text[start:end].splitlines()[1] for start, end in left.definitions] == [
        "class Colour(Enum, metaclass=Meta):",
        "async def start(x: int = 3, *a) -> None:",
    ]
    assert "Colour" not in blanked(text, left.definitions)
    sliced, whole = extract("x.py", text.encode(), VOCABULARY), extract("x.py", text.encode())
    assert not any(functions(sliced).values())
    assert sliced.body == whole.body


def test_what_sets_a_variable_of_the_module_matters_to_whom_reads_it() -> None:
    text = FILLER + (
        "import jwt\nclient = None\nother = None\n"
        "def start(name):\n    global client\n    client = name\n"
        "def stop():\n    global other\n    other = 0\n"
        "def read(token, key):\n    return jwt.decode(token, key, audience=client)\n"
    )
    sliced = extract("x.py", text.encode(), VOCABULARY)
    assert {name for name, omitted in functions(sliced).items() if not omitted} >= {"start", "read"}
    assert functions(sliced)["stop"]


def test_what_a_class_hands_down_matters_where_it_is_asked_for() -> None:
    text = FILLER + (
        "from jwt.serializers import Pair\n"
        "class Mine(Pair):\n    def asked(self, u):\n        return super().asked(u)\n"
        "    def other(self):\n        return 1\n"
        "class Mine2(Mine):\n    async def again(self, u):\n        return super().asked(u)\n"
        "class Else(list):\n    def add(self, u):\n        super().append(u)\n"
    )
    kept = functions(extract("x.py", text.encode(), VOCABULARY))
    assert {name for name, omitted in kept.items() if not omitted} == {"asked", "again"}


def test_what_is_only_said_of_tokens_does_not_matter_to_callers() -> None:
    text = FILLER + (
        'import jwt\ndef told():\n    """Makes no jwt."""\n    return 1\n\n'
        "def noted():\n    # unlike jwt.encode(x)\n    return 2\n\n"
        "def used():\n    return jwt_of(3)\n\n"
        'def shown():\n    """Like eyJhbGciOi."""\n    return 4\n\n'
        "def calls_told():\n    return told()\n\n"
        "def calls_used():\n    return used()\n"
    )
    kept = functions(extract("x.py", text.encode(), VOCABULARY))
    assert {name for name, omitted in kept.items() if not omitted} == {
        "told", "noted", "used", "shown", "calls_used",
    }  # fmt: skip


@pytest.mark.parametrize("odd", ["'\x0c'\n    ", "match x:\n        case 1: pass\n    "])
def test_callers_that_the_fast_parser_cannot_read_are_left_to_the_other(odd: str) -> None:
    text = FILLER + (
        "import jwt\ndef sign(p):\n    return jwt.encode(p, 'k')\n\n"
        f"def caller(x):\n    {odd}return sign(x)\n"
    )
    sliced, whole = extract("x.py", text.encode(), VOCABULARY), extract("x.py", text.encode())
    assert sliced.body[-1] == whole.body[-1]
    assert not functions(sliced)["caller"]


def test_callers_are_kept_as_far_as_calls_are_followed() -> None:
    chain = "".join(f"def step_{n}(p):\n    return step_{n - 1}(p)\n\n" for n in range(1, 9))
    text = FILLER + "import jwt\ndef step_0(p):\n    return jwt.encode(p, 'k')\n\n" + chain
    kept = functions(extract("x.py", text.encode(), VOCABULARY))
    assert [name for name, omitted in kept.items() if not omitted] == [
        f"step_{n}"
        for n in range(MAX_CALL_DEPTH + 2)  # one more, so that the cut is said
    ]


def test_an_omitted_body_is_read_when_it_is_asked_for() -> None:
    from jwtaudit import models
    from jwtaudit.program import Project
    from jwtaudit.program.options import RuleOptions
    from tests.program.show import NO_MANIFESTS, show

    text = (
        "import jwt\n" + FILLER + "def secret():\n    return 'k'\n"
        "def sign(p):\n    return jwt.encode(p, secret())\n"
    )
    data = text.encode()
    assert functions(extract("x.py", data, VOCABULARY))["secret"]
    asked = []

    class Loader:
        def module(self, path: str) -> f.Facts | None:
            raise AssertionError(path)

        def function(self, path: str, start: int) -> f.Function | None:
            asked.append(path)
            return extract_function(path, data, start)

        def text(self, path: str) -> str | None:
            raise AssertionError(path)

        def refusing(self) -> dict[str, tuple[int, ...]]:
            raise AssertionError

    facts = extract("x.py", data, VOCABULARY)
    project = Project([facts], models.load(), NO_MANIFESTS, RuleOptions(), Loader(), ["x.py"])
    (site,) = project.sites("sign")
    assert show(site.argument("key")) == "'k'"
    assert asked == ["x.py"]


def test_a_single_function_stands_where_it_stood() -> None:
    text = (
        "# é\nclass A:\n    @deco(1,\n        2)\n    async def f(self, x=d):\n        é = x\n"
        "        def inner():\n            return é\n        return inner\n\ndef g(): return h\n"
    )
    data = text.encode()
    for whole in [n for n in nodes(extract("x.py", data).body) if isinstance(n, f.Function)]:
        alone = extract_function("x.py", data, whole.span.start)
        assert alone is not None
        assert alone.name == whole.name
        assert [n.span for n in nodes(alone) if isinstance(n, f.Name)] == [
            n.span for n in nodes(whole) if isinstance(n, f.Name)
        ]
    assert extract_function("x.py", data, 0) is None


def test_a_file_read_for_its_values_has_no_bodies() -> None:
    text = "KEY = 'k'\nclass C:\n    A = 1\n" + FILLER
    facts = extract("x.py", text.encode(), VALUES)
    assert facts.relevant
    assert all(functions(facts).values())
    assert len(facts.body) == 42


@pytest.mark.parametrize(
    ("text", "relevant"),
    [
        ("import jwt", True),
        ("import os, jwt", True),
        ("x = 1; import jwt", True),
        ("'''Tokens.'''\rimport jwt", True),
        ("from jose import (\n    jws,\n    jwt,\n)", True),
        ("from app.jwt_tools import make", True),
        ("lazy import jwt as x", True),
        ("importlib.import_module('jwt')", True),
        ("JWT_SECRET = 'x'", True),
        ("app.config['JWT_SECRET_KEY'] = 'x'", True),
        ("r.set_cookie('access_token', t)", True),
        ("x = 'eyJhbGci'", True),
        ("# we do not use jwt here", False),
        ("# we do not\r# import jwt here", False),
        ("'''Talks about jwt and jose.'''", False),
        ("from joseph import dreams", False),
        ("r.set_cookie('theme', 'dark')", False),
    ],
)
def test_triage(text: str, relevant: bool) -> None:
    assert matters(text.encode(), VOCABULARY) is relevant
    assert extract("x.py", text.encode(), VOCABULARY).relevant is relevant


@pytest.mark.parametrize(
    ("path", "language"),
    [("a.py", "python"), ("a/b.PYI", "python"), ("x.html", "markup"), ("x.txt", None)],
)
def test_languages(path: str, language: str | None) -> None:
    assert language_of(path) == language


def test_a_template_is_read_as_text() -> None:
    data = b"<script>localStorage.setItem('t', x)</script>{# jwtaudit: ignore[JWT501] why #}"
    facts = extract("page.html", data)
    assert facts.texts[0].text == data.decode()
    assert "ignore[JWT501]" in facts.comments[0].text
