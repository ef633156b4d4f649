"""What pages cannot say of payloads: messages, traces, places, and the words of names."""

from __future__ import annotations

import pytest
from support import scan as scan_all

from jwtaudit.program.names import Sensitivity, is_token_name, sensitivity, words


def scan(files, rules):
    return [finding for finding in scan_all(files, rules) if finding.rule_id in rules]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("hashed_password", ("hashed", "password")),
        ("userPassword", ("user", "password")),
        ("API-Key", ("api", "key")),
        ("JWTToken", ("jwt", "token")),
        ("x2", ("x", "2")),
        ("", ()),
    ],
)
def test_words(name, found):
    assert words(name) == found


@pytest.mark.parametrize(
    "name", ["password", "userPassword", "api-key", "SSN", "card_number", "pin"]
)
def test_credentials(name):
    assert sensitivity(name) is Sensitivity.CREDENTIAL


@pytest.mark.parametrize(
    "name",
    [
        "password_changed_at",
        "hasPassword",
        "pwd_version",
        "pinned",
        "spinning",
        "panel",
        "token",
        "access_key_id",
        "secretary",
        "passport_count",
        "reset_password",
        "keyboard",
        "bypass",
    ],
)
def test_no_credentials(name):
    assert sensitivity(name) is not Sensitivity.CREDENTIAL


def test_personal_data():
    assert sensitivity("phone") is Sensitivity.PERSONAL
    assert sensitivity("birth_date") is Sensitivity.PERSONAL
    assert sensitivity("email") is Sensitivity.COMMON
    assert sensitivity("email_verified") is None
    assert sensitivity("badge", {"badge"}) is Sensitivity.CREDENTIAL


@pytest.mark.parametrize("name", ["token", "access_token", "idToken", "JWT", "x-auth-token"])
def test_tokens(name):
    assert is_token_name(name)


@pytest.mark.parametrize(
    "name", ["csrf_token", "next_page_token", "pad_token", "tokens", "token_type", "fcmToken", ""]
)
def test_other_tokens(name):
    assert not is_token_name(name)


SOURCE = """\
import os, time
import jwt

def create(data):
    data["exp"] = time.time() + 60
    return jwt.encode(data, os.environ["K"], algorithm="HS256")

def login(user, password):
    return create({
        "sub": str(user.id),
        "password": password,
    })
"""


def test_place_and_trace():
    [finding] = scan({"app.py": SOURCE}, ["JWT401"])
    assert (finding.location.start_line, finding.location.start_column) == (11, 9)
    assert "`password` is put into the payload" in finding.message
    assert [(s.location.start_line, s.message) for s in finding.trace][-2:] == [
        (11, "`password` is set"),
        (6, "signed here"),
    ]


def test_literal_is_masked():
    source = SOURCE.replace('"password": password', '"password": "hunter2hunter2"')
    [finding] = scan({"app.py": source}, ["JWT401"])
    assert "hunter2" not in repr(finding)


def test_two_claims_are_two_findings():
    source = SOURCE.replace('"password": password', '"password": password, "ssn": user.ssn')
    findings = scan({"app.py": source}, ["JWT401"])
    assert len({finding.fingerprint for finding in findings}) == 2
