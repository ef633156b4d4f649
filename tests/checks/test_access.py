"""What pages cannot say of the checks on guards and switches."""

from __future__ import annotations

import pytest
from support import scan

HEAD = "import os, jwt\nKEY = os.environ['JWT_KEY']\nALGS = ['HS256']\n"


def findings(body, rule, **files):
    return [f for f in scan({"app.py": HEAD + body}, [rule]) if f.rule_id == rule]


@pytest.mark.parametrize(
    ("condition", "reported"),
    [
        ("os.getenv('AUTH_DISABLED', 'false').lower() in ['1', 'true']", True),
        ("os.environ.get('SKIP_JWT')", True),
        ("not os.environ.get('REQUIRE_AUTH')", True),
        ("os.environ.get('APP_ENV') == 'local'", True),
        ("os.environ.get('APP_ENV') == 'eu-west'", False),
        ("os.environ.get('TESTING')", False),
        ("os.environ.get('USE_JWT')", False),
        ("os.environ.get('GOOGLE_AUTH_ENABLED')", False),
        ("token.startswith('Bearer')", False),
    ],
)
def test_switches_are_known_by_name(condition, reported):
    body = f"""
def user(token):
    if {condition}:
        return {{"sub": "admin"}}
    return jwt.decode(token, KEY, ALGS, options={{"require": ["exp"]}})
"""
    assert bool(findings(body, "JWT703")) is reported


@pytest.mark.parametrize(
    "answer",
    ["raise PermissionError", "return False", "return {'error': 'off'}, 401", "return None"],
)
def test_a_switch_that_refuses(answer):
    body = f"""
def user(token):
    if os.environ.get("AUTH_DISABLED"):
        {answer}
    return jwt.decode(token, KEY, ALGS, options={{"require": ["exp"]}})
"""
    assert not findings(body, "JWT703")


def test_the_route_is_told():
    body = """
from flask import Flask
from flask_jwt_extended import jwt_required
app = Flask(__name__)

@jwt_required()
@app.route("/admin")
def admin():
    return "secret"
"""
    [found] = findings(body, "JWT704")
    assert "`admin`" in found.message
    assert [step.location.start_line for step in found.related] == [10]
