"""Both of the parsers give the same facts, wherever both are asked."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from jwtaudit import frontends
from jwtaudit.facts import Class, Function, Handler, If, Loop, Try, With
from jwtaudit.frontends import python_cst, python_tree

TESTS = Path(__file__).parents[1]
_WITH_BLOCKS = (Class, Function, Handler, If, Loop, Try, With)
FORMS = r'''
import a.b, c.d as e, f
from . import g
from ..h import (i as j, k)
from l import *
x = y = 1; z: "int" = -2.5; z += 3; q @= r
del a, b[0], (c)
print(f"{a!r:>{w}} {{b}} {c['d']=} é {e:%Y}" 'and' rf"\d{1 if a else {'b': 2}['b']}" "ü")
v = f"{a != b}{f'{c}'}" f"""
  {d}"""; w = "a" "b" + 'c' + b'd'  # jwtaudit: a note
t = (1, 2, ), (3), (), ((4), (5)), [*a, b], {1, *c}, {**d, 'e': f}
u = (m for m in n if o if p), [q for r in s for t in u], {v: w for x in y}, {z for z in a}
b = a and (b or c) and d or not e  ; c = ((a)) or (b) or c  # a (comment)
d = 1 < x <= 2 != 3; e = a if b else c; f = lambda x, *y, z=1, **k: (yield)
g(*a, b, c=d, *e, **f)(h)[1:2, ::3, ...][(1, 2)][1, ]
@deco(1)
@other
async def func(a, /, b: int = 1, *args: str, c, d=2, **kw) -> "R[x: y]":  # why: not
    """Docs."""
    global g, h
    async with a as b, c: await d
    async for (x) in y: pass
    else:
        continue
    return (x := 1)
class C(B, metaclass=M, **kw):
    a: int
    def é(self): yield self.ñ; yield from (1, 2)
    def one(self, *, x): return
try:
    while a:
        break
except (A, B) as e:
    raise X from y
except:
    assert a, "b"
else: raise
finally:
    if a: pass
    elif b: pass
    else: pass
'''


def _differences(one, other, where=""):
    if type(one) is not type(other):
        yield where, one, other
    elif dataclasses.is_dataclass(one):
        for part in dataclasses.fields(one):
            left, right = getattr(one, part.name), getattr(other, part.name)
            if part.name == "span" and isinstance(one, _WITH_BLOCKS):
                left, right = left.start, right.start  # libcst counts comments behind a block
            if part.name == "span" and left == (0, 0):
                continue  # libcst does not say
            yield from _differences(left, right, f"{where} {type(one).__name__}.{part.name}")
    elif isinstance(one, tuple) and len(one) == len(other):
        for left, right in zip(one, other, strict=True):
            yield from _differences(left, right, where)
    elif one != other:
        yield where, one, other


@pytest.mark.parametrize("code", [FORMS, FORMS.replace("\n", "\r\n")], ids=["lf", "crlf"])
def test_parsers_agree_on_every_form(code):
    source = frontends.read("app.py", code.encode())
    assert list(_differences(python_cst.lower(source, code), python_tree.lower(source))) == []


def test_parsers_agree_on_ordinary_files():
    compared = 0
    for path in sorted(TESTS.glob("*.py")):
        source = frontends.read("app.py", path.read_bytes())
        if (facts := python_tree.lower(source)) is not None:
            assert list(_differences(python_cst.lower(source, source.text), facts)) == []
            compared += 1
    assert compared > 20


def test_a_function_by_itself_is_as_in_its_file():
    source = frontends.read("app.py", FORMS.encode())
    start = FORMS.index("def one")
    (function,) = [
        s for s in python_tree.lower_around(source, start) or () if s.span.start == start
    ]
    assert function.name == "one"


@pytest.mark.parametrize("code", ["match x:\n  case 1: pass\n", "a\f\n", "print 1\n", "(" * 90])
def test_the_rest_is_left_to_libcst(code):
    assert python_tree.lower(frontends.read("app.py", code.encode())) is None
