"""Which fixes are safe: those that change nothing for any token."""

from __future__ import annotations

import pytest
from support import scan

HEAD = """\
import os
from datetime import datetime, timedelta

import jwt

KEY = os.environ["KEY"]


"""


def _safety(code: str, name: str) -> str:
    [found] = [f for f in scan({"app.py": HEAD + code}, [name]) if f.rule_name == name]
    assert found.fix is not None
    return found.fix.safety.value


@pytest.mark.parametrize(
    ("options", "safety"),
    [
        ('algorithms=["HS256"], verify=False', "safe"),
        ('algorithms=["HS256"], options={"require": ["exp"], "verify_expiry": False}', "safe"),
        ('algorithms=["HS256"], options={"require_exp": True}', "unsafe"),
    ],
)
def test_what_does_nothing_can_be_taken_out(options, safety):
    code = f"def read(token):\n    return jwt.decode(token, KEY, {options})\n"
    assert _safety(code, "ignored-verify-option") == safety


@pytest.mark.parametrize(
    ("code", "safety"),
    [
        (
            "def make(user):\n"
            '    return jwt.encode({"exp": datetime.utcnow() + timedelta(minutes=5)}, KEY)\n',
            "safe",
        ),
        (
            "def make(user):\n"
            "    expires = datetime.utcnow() + timedelta(minutes=5)\n"
            '    return expires.isoformat(), jwt.encode({"exp": expires}, KEY)\n',
            "unsafe",
        ),
    ],
)
def test_a_clock_is_changed_safely_where_only_the_token_shows_it(code, safety):
    assert _safety(code, "naive-utc-clock") == safety


def test_an_algorithm_that_is_never_taken_goes_safely():
    code = 'def read(token):\n    return jwt.decode(token, KEY, algorithms=["HS256", "none"])\n'
    assert _safety(code, "none-algorithm-listed") == "safe"
