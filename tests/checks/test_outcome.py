"""What pages cannot say of the checks on what becomes of a verification."""

from __future__ import annotations

import pytest
from support import scan

HEAD = "import os, asyncio, jwt\nKEY = os.environ['JWT_KEY']\nALGS = ['HS256']\n"


def findings(body, rule):
    return [f for f in scan({"app.py": HEAD + body}, [rule]) if f.rule_id == rule]


@pytest.mark.parametrize(
    ("switch", "told"),
    [
        ("os.environ.get('VERIFY')", "environment variable `VERIFY`"),
        ("os.environ.get('VERIFY', 'true').lower() == 'true'", "environment variable `VERIFY`"),
        ("not os.getenv('DEBUG')", "environment variable `DEBUG`"),
    ],
)
def test_the_switch_is_named(switch, told):
    body = f"""
def f(token):
    return jwt.decode(token, KEY, ALGS, options={{"verify_signature": {switch}}})
"""
    [found] = findings(body, "JWT102")
    assert told in found.message


def test_a_switch_is_one_finding():
    body = """
def f(token):
    return jwt.decode(token, KEY, ALGS, options={"verify_signature": os.getenv("V", False)})["sub"]
"""
    assert [f.rule_id for f in scan({"app.py": HEAD + body}) if f.rule_id < "JWT2"] == ["JWT102"]


@pytest.mark.parametrize(
    "use",
    [
        "await verify(token)",
        "asyncio.create_task(verify(token))",
        "return verify(token)",
        "pending = verify(token); await pending",
    ],
)
def test_a_coroutine_that_runs(use):
    body = f"""
async def verify(token):
    return jwt.decode(token, KEY, ALGS)

async def f(token):
    {use}
"""
    assert not findings(body, "JWT109")


@pytest.mark.parametrize("use", ["verify(token)", "if verify(token): return 1"])
def test_a_coroutine_that_never_runs(use):
    body = f"""
async def verify(token):
    return jwt.decode(token, KEY, ALGS)

async def f(token):
    {use}
"""
    [found] = findings(body, "JWT109")
    assert "never awaited" in found.message


def test_a_function_that_refuses_by_itself_need_not_be_tested():
    body = """
def check(token):
    try:
        jwt.decode(token, KEY, ALGS)
    except jwt.ExpiredSignatureError:
        raise PermissionError("expired")
    except jwt.PyJWTError as error:
        raise PermissionError from error

def f(token):
    check(token)
    return "secret"
"""
    assert not findings(body, "JWT109")
