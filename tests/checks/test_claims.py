"""What pages cannot say of the claims checks: messages, traces, times."""

from __future__ import annotations

import pytest
from support import scan

from jwtaudit.program.kinds import Kind, kind_of

HEAD = """\
import os, time
from datetime import datetime, timedelta, timezone
import jwt
KEY = os.environ["JWT_KEY"]
"""


def findings(body, rule):
    return [f for f in scan({"app.py": HEAD + body}, [rule]) if f.rule_id == rule]


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("datetime.now(timezone.utc) + timedelta(days=10)", "10 days"),
        ("timedelta(days=10) + datetime.now(timezone.utc)", "10 days"),
        ("(datetime.now(timezone.utc) + timedelta(days=10)).timestamp()", "10 days"),
        ("int((datetime.now(tz=timezone.utc) + timedelta(weeks=2)).timestamp())", "14 days"),
        ("int(time.time()) + 60 * 60 * 24 * 10", "10 days"),
        ("time.time() + timedelta(days=10).total_seconds()", "10 days"),
        ("round(time.time() + 36 * 3600)", "36 hours"),
        ("datetime.now(timezone.utc) + 240 * timedelta(hours=1)", "10 days"),
        ("datetime.now(timezone.utc) + timedelta(days=4) + timedelta(days=6)", "10 days"),
        ("datetime.now(timezone.utc) + timedelta(days=int(os.getenv('D', '10')))", "10 days"),
        ("datetime.fromtimestamp(time.time() + 864000, timezone.utc)", "10 days"),
    ],
)
def test_lifetimes_are_read_from_any_arithmetic(expression, told):
    body = f'def issue(user):\n    return jwt.encode({{"sub": user, "exp": {expression}}}, KEY)\n'
    [found] = findings(body, "JWT304")
    assert told in found.message


@pytest.mark.parametrize(
    "expression",
    [
        "datetime.now(timezone.utc) + timedelta(days=1, seconds=5)",
        "int(time.time()) + unknown()",
        "datetime.now(timezone.utc) - timedelta(days=10)",
        "later()",
    ],
)
def test_what_is_short_or_unknown_is_no_long_lifetime(expression):
    body = f'def issue(user):\n    return jwt.encode({{"sub": user, "exp": {expression}}}, KEY)\n'
    assert not findings(body, "JWT304")


def test_a_long_lifetime_is_reported_where_it_is_set_with_the_way_to_the_token():
    body = (
        "DAYS = 30\n"
        "def issue(user):\n"
        "    end = datetime.now(timezone.utc) + timedelta(days=DAYS)\n"
        '    return jwt.encode({"sub": user, "exp": end}, KEY)\n'
    )
    [found] = findings(body, "JWT304")
    assert found.location.start_line == 5
    assert [step.location.start_line for step in found.trace] == [5, 5, 8]
    assert "`DAYS` is set" in found.trace[1].message


def test_a_missing_expiry_names_the_caller_that_leaves_it_out():
    body = (
        "def sign(claims):\n"
        '    return jwt.encode(claims, KEY, algorithm="HS256")\n'
        "def login(user):\n"
        '    return sign({"sub": user})\n'
    )
    [found] = findings(body, "JWT301")
    assert found.location.start_line == 6
    assert found.trace[0].location.start_line == 8
    assert "sign" in found.trace[0].message


def test_messages_say_what_is_not_checked():
    body = (
        "def read(token):\n"
        '    return jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_exp": False})\n'
    )
    [found] = findings(body, "JWT302")
    assert "expiry is not checked" in found.message


def test_a_call_whose_signature_check_is_off_is_not_reported_twice():
    body = (
        "def read(token):\n"
        '    options = {"verify_signature": False, "verify_exp": False, "verify_aud": False}\n'
        "    return jwt.decode(token, options=options)\n"
    )
    assert not findings(body, "JWT302")
    assert not findings(body, "JWT306")


@pytest.mark.parametrize(
    "rule",
    [f"JWT{number}" for number in (*range(301, 309), 319, 320, 321)],
)
def test_tests_are_left_alone(rule):
    body = (
        "def test_it():\n"
        '    token = jwt.encode({"sub": "me"}, KEY)\n'
        '    jwt.encode({"exp": datetime.now() + timedelta(days=900)}, KEY)\n'
        '    jwt.encode({"exp": time.time() * 1000}, KEY)\n'
        '    options = {"verify_exp": False, "verify_aud": False}\n'
        '    return jwt.decode(token, KEY, algorithms=["HS256"], options=options)\n'
    )
    found = scan({"tests/test_app.py": HEAD + body}, [rule])
    assert rule not in {f.rule_id for f in found}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("createRefreshToken", Kind.REFRESH),
        ("REFRESH_TOKEN_EXPIRE_DAYS", Kind.REFRESH),
        ("make_api_key", Kind.MACHINE),
        ("password_reset_token", Kind.LINK),
        ("access-token", Kind.ACCESS),
        ("encode", Kind.UNKNOWN),
    ],
)
def test_kinds_of_tokens_are_read_from_names(name, kind):
    assert kind_of(name) is kind


def test_expiry_not_required_is_told_once_of_a_project():
    read = 'def read(token):\n    return jwt.decode(token, KEY, algorithms=["HS256"])["sub"]\n'
    files = {"b.py": HEAD + read, "a.py": HEAD + read + read.replace("read", "again")}
    files |= {"examples/a.py": HEAD + read, "tests/test_a.py": HEAD + read}
    [found] = [f for f in scan(files) if f.rule_id == "JWT320"]
    assert (found.location.path, found.location.start_line) == ("a.py", 6)
    others = [(step.location.path, step.location.start_line) for step in found.related]
    assert others == [("a.py", 8), ("b.py", 6)]


def test_a_naive_clock_is_told_once_of_a_file():
    body = (
        "def issue(user):\n"
        "    now = datetime.utcnow()\n"
        '    return jwt.encode({"iat": now, "exp": datetime.utcnow() + timedelta(hours=1)}, KEY)\n'
    )
    found = [f for f in scan({"a.py": HEAD + body, "b.py": HEAD + body}) if f.rule_id == "JWT322"]
    assert [(f.location.path, f.location.start_line) for f in found] == [("a.py", 6), ("b.py", 6)]
    assert [[step.location.start_line for step in f.related] for f in found] == [[7], [7]]


@pytest.mark.parametrize(
    ("claims", "found"),
    [
        ('{"sub": user, "exp": time.time() + 60}', 0),
        ("super().claims(user) | self.times()", 0),
        ('{"sub": user, "shop": 1}', 1),
    ],
)
def test_a_base_class_is_judged_with_what_its_subclasses_give(claims, found):
    body = (
        "class Issuer:\n"
        '    def claims(self, user):\n        return {"sub": user}\n'
        "    def issue(self, user):\n        return jwt.encode(self.claims(user), KEY)\n"
        "class Middle(Issuer):\n    pass\n"
        f"class Shop(Middle):\n    def claims(self, user):\n        return {claims}\n"
    )
    assert len(findings(body, "JWT301")) == found


def test_two_keys_with_the_same_default_are_two_keys():
    text = """\
import os

import jwt

DEFAULT = "neither-of-them-is-set"
ACCESS = os.getenv("ACCESS_SECRET", DEFAULT)
REFRESH = os.getenv("REFRESH_SECRET", DEFAULT)


def create_access_token(user):
    return jwt.encode({"sub": user, "exp": 1}, ACCESS, algorithm="HS256")


def create_refresh_token(user):
    return jwt.encode({"sub": user, "exp": 1}, REFRESH, algorithm="HS256")


def get_current_user(token):
    return jwt.decode(token, ACCESS, algorithms=["HS256"], options={"require": ["exp"]})["sub"]
"""
    assert [finding.rule_id for finding in scan({"app.py": text})] == ["JWT202"]


@pytest.mark.parametrize(
    ("algorithm", "told"),
    [("'none'", False), ("'HS256'", True), ("'HS256' if key else 'none'", True)],
)
def test_what_is_never_signed_is_not_told_for_its_lifetime(algorithm, told):
    body = f"def f(key):\n    return jwt.encode({{'sub': 'x'}}, key, algorithm={algorithm})\n"
    assert bool(findings(body, "JWT301")) is told
