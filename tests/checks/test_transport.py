"""What pages cannot say of cookies, URLs, logs and storage: messages, traces, places."""

from __future__ import annotations

import pytest
from support import scan as scan_all

HEAD = """\
import os, time
import jwt
from flask import make_response, request

def issue(user):
    return jwt.encode({"sub": user, "exp": time.time() + 60}, os.environ["K"], algorithm="HS256")

"""


def scan(files, rules):
    return [finding for finding in scan_all(files, rules) if finding.rule_id in rules]


def found(source, *rules):
    return [
        (finding.rule_id, finding.location.start_line, finding.confidence.label)
        for finding in scan({"app.py": source}, rules)
    ]


# -- cookies -------------------------------------------------------------------------------------


def cookie(arguments):
    return HEAD + (
        "def login(user):\n"
        "    response = make_response('')\n"
        f"    response.set_cookie({arguments})\n"
        "    return response\n"
    )


def test_cookie_rules_share_a_place():
    source = cookie('"token", issue(user)')
    assert found(source, "JWT502", "JWT503", "JWT504") == [
        ("JWT502", 10, "high"),
        ("JWT503", 10, "high"),
        ("JWT504", 10, "high"),
    ]


def test_cookie_trace_begins_with_the_signature():
    source = cookie('"token", issue(user), secure=True')
    [finding] = scan({"app.py": source}, ["JWT502"])
    assert [step.location.start_line for step in finding.trace] == [6, 10, 10]
    assert finding.message.startswith("The cookie `token` is set without `HttpOnly`")
    assert finding.advice == "Give `httponly=True`."


@pytest.mark.parametrize(
    "arguments",
    [
        '"token", issue(user), httponly=True',
        '"token", issue(user), httponly=1',
        '"token", issue(user), **options',
        '"token", issue(user), httponly=options["httponly"]',
        '"token", issue(user), httponly=os.environ.get("X") != "1"',
        '"token", "", max_age=0',
        '"token", None',
        '"token", "x", max_age=-1',
        '"csrf_token", issue(user)',
        '"lang", user.language',
    ],
)
def test_cookie_guards(arguments):
    assert not found(cookie(arguments), "JWT502")


def test_cookie_set_in_tests_only():
    source = cookie('"token", issue(user)')
    folders = (
        "tests",
        "integration-tests/helpers",
        "component-tests/steps",
        "e2e_tests",
        "api-tests",
        "integration-testing",
    )
    for folder in folders:
        assert not scan({f"{folder}/app.py": source}, ["JWT502"])
    assert scan({"contests/app.py": source}, ["JWT502"])


@pytest.mark.parametrize(
    ("value", "speaks"),
    [("False", True), ("True", False), ("not app.debug", False), ("bool(os.getenv('S'))", False)],
)
def test_cookie_setting(value, speaks):
    source = (
        "import os\nfrom flask import Flask\napp = Flask(__name__)\n"
        "app.config['JWT_TOKEN_LOCATION'] = ['headers', 'cookies']\n"
        f"app.config['JWT_COOKIE_SECURE'] = {value}\n"
    )
    assert bool(found(source, "JWT503")) is speaks


# -- URLs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        'f"/done?token={issue(user)}"',
        'f"/done?a=1&access_token={issue(user)}&b=2"',
        '"/done?token=" + issue(user)',
        '"/done?token=%s" % issue(user)',
        '"/done?a=%s&token=%s" % (user, issue(user))',
        '"/done?token={}".format(issue(user))',
        '"/done?a={a}&token={t}".format(a=user, t=issue(user))',
        '"/done?" + urlencode({"token": issue(user)})',
    ],
)
def test_url_forms(text):
    source = HEAD + f"from urllib.parse import urlencode\ndef done(user):\n    return {text}\n"
    assert found(source, "JWT505") == [("JWT505", 10, "high")]


@pytest.mark.parametrize(
    "text",
    [
        'f"/reset?token={issue(user)}"',
        'f"/done?page_token={issue(user)}"',
        'f"/done?a={issue(user)}"',
        '"/done?a=%s&token=%s" % (issue(user), user)',
        'f"/done#token={user}"',
    ],
)
def test_url_guards(text):
    assert not found(HEAD + f"def done(user):\n    return {text}\n", "JWT505")


# -- logs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "print(token)",
        "print('new', {'token': token})",
        "logging.getLogger(__name__).info('%s %s', user, token)",
        "log.warning(f'{user} {token!r}')",
        "self.logger.error('token ' + token)",
        "log.info('login', extra={'token': token})",
        "log.info('{} {}'.format(user, token))",
        "log.debug('%.3s %s', user, token)",
    ],
)
def test_log_forms(line):
    source = (
        HEAD + f"import logging\ndef f(self, log, user):\n    token = issue(user)\n    {line}\n"
    )
    assert found(source, "JWT506") == [("JWT506", 11, "high")]


@pytest.mark.parametrize(
    "line",
    [
        "print(token[:8])",
        "print(len(token), bool(token), token is None)",
        "print(hash(token))",
        "print(shorten(token))",
        "log.debug('%s %.6s', user, token)",
        "log.debug('%.6s' % token)",
        "user.send(token)",
        "log.append(token)",
        "raise PermissionError(user, token)",
    ],
)
def test_log_guards(line):
    source = (
        HEAD
        + "def shorten(v):\n    return v if len(v) < 9 else v[:3] + '..' + v[-3:]\n"
        + f"def f(log, user):\n    token = issue(user)\n    {line}\n"
    )
    assert not found(source, "JWT506")


def test_where_it_is_written():
    source = HEAD + "def f(log, user):\n    log.info(issue(user))\n    print(issue(user))\n"
    messages = [finding.message for finding in scan({"app.py": source}, ["JWT506"])]
    assert "written to a log:" in messages[0]
    assert "written to the console:" in messages[1]


def test_a_name_alone_says_nothing():
    source = "def f(log, tokens):\n    for token in tokens:\n        print(token)\n"
    assert not found(source, "JWT506")
    assert not found(HEAD + source, "JWT506")


# -- storage -------------------------------------------------------------------------------------


def test_place_inside_a_text():
    source = "PAGE = '''\n<script>\n  x = 1; localStorage.setItem('token', t)\n'''\n"
    [finding] = scan({"app.py": source}, ["JWT501"])
    location = finding.location
    assert (location.start_line, location.start_column, location.end_line) == (3, 10, 3)


def test_place_of_a_text_put_together():
    source = "PAGE = (\n  '<script>'\n  'localStorage.setItem(\"token\", t)'\n)\n"
    [finding] = scan({"app.py": source}, ["JWT501"])
    assert finding.location.start_line == 3


def test_documentation_is_no_page():
    source = 'def f():\n    """Do not write localStorage.setItem("token", t)."""\n'
    assert not scan({"app.py": source}, ["JWT501"])


def test_refresh_token_is_named():
    source = "PAGE = '''localStorage.setItem('refresh_token', t)'''\n"
    [finding] = scan({"app.py": source}, ["JWT501"])
    assert "refresh token" in finding.message


def test_refusal_told_once():
    source = HEAD + (
        "from fastapi import HTTPException\n\n"
        "def read(token):\n"
        "    try:\n"
        "        return jwt.decode(token, os.environ['K'], algorithms=['HS256'])\n"
        "    except jwt.InvalidTokenError as error:\n"
        "        raise HTTPException(status_code=401, detail=str(error))\n"
    )
    assert len(found(source, "JWT508")) == 1


def test_an_error_of_ones_own_is_told_once():
    source = """
import os
import jwt
from fastapi import HTTPException

class Refused(HTTPException):
    pass

def read(token):
    try:
        return jwt.decode(token, os.environ["KEY"], algorithms=["HS256"])
    except jwt.PyJWTError as error:
        raise Refused(401, f"not valid: {error}") from error
"""
    assert len(scan({"app.py": source}, ["JWT508"])) == 1
