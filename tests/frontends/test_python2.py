"""Python 2 is read as far as tokens go, and every place stays where it is."""

from __future__ import annotations

import ast

import pytest
from support import scan

from jwtaudit.frontends.python2 import as_python3

_FORMS = {
    "print": 'print "a"',
    "print of names": "print a, b",
    "print formatted": 'print "%s" % a',
    "print and stay": 'print "a",',
    "print to a file": "import sys\nprint >>sys.stderr, 'a' % b, 'c'; print 'd'",
    "print behind a colon": "if a: print b",
    "exec": 'exec "a = 1"',
    "except": "try:\n    f()\nexcept ValueError, e:\n    raise",
    "except several": "try:\n    f()\nexcept (ValueError, KeyError), e:\n    raise",
    "raise": 'raise ValueError, "a"',
    "octal": "os.chmod(a, 0755)",
    "long": "a = 10L",
    "not equal": "if a <> b:\n    pass",
    "backticks": "a = `b`",
    "unicode": "a = ur'b'",
    "async": "f(async=True)",
}


@pytest.mark.parametrize("text", _FORMS.values(), ids=_FORMS)
def test_form(text):
    with pytest.raises(SyntaxError):
        ast.parse(text)
    found = as_python3(text)
    ast.parse(found)
    assert len(found) == len(text)
    assert found.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "print(a)",
        "print = a",
        "printed = {'print': 1}\n# print a\nb = '''\nprint c\nexcept A, b:\n'''",
        "async def f():\n    async with a:\n        pass",
        "a = 0.07 + 1e-05 + 0 + 0o7",
    ],
)
def test_python3_stays_as_it_is(text):
    ast.parse(text)
    assert as_python3(text) == text


def test_findings_stand_where_the_file_has_them():
    text = (
        "import jwt\n\n\n"
        "def read(token):\n"
        "    try:\n"
        "        return jwt.decode(token, 'b3f0c9d1-signing', algorithms=['HS256'])\n"
        "    except Exception, e:\n"
        "        print e\n"
    )
    (finding,) = [f for f in scan({"app.py": text}) if f.rule_id == "JWT201"]
    assert finding.location.start_line == 6
    start = text.encode().index(b"'b3f0c9d1-signing'")
    assert finding.location.start_byte == start


def test_what_is_no_python_is_told_of():
    with pytest.raises(AssertionError, match=r"unparsable|syntax"):
        scan({"app.py": "import jwt\nprint 'a'\ndef (:\n"})
