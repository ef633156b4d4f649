"""What pages cannot say of the checks on where keys come from: messages, traces, one root cause."""

from __future__ import annotations

import pytest
from support import scan

HEAD = "import os, subprocess, requests, httpx, jwt\nfrom pathlib import Path\n"


def findings(body, rule):
    return [f for f in scan({"app.py": HEAD + body}, [rule]) if f.rule_id == rule]


@pytest.mark.parametrize(
    "use",
    [
        "open('keys/%s.pem' % kid)",
        "open('keys/{}.pem'.format(kid))",
        "open(os.path.join('keys', kid + '.pem'))",
        "Path('keys', kid).read_text()",
        "Path('keys').joinpath(kid).read_bytes()",
        "os.popen('cat ' + kid)",
        "db.execute(f'select k from keys where kid = {kid!r}')",
    ],
)
def test_every_way_into_a_path_a_command_or_a_statement(use):
    body = (
        f"def f(token, db):\n    kid = jwt.get_unverified_header(token)['kid']\n    return {use}\n"
    )
    [found] = findings(body, "JWT112")
    assert found.location.start_line == 5
    assert [step.location.start_line for step in found.trace] == [4, 4, 5]


@pytest.mark.parametrize(
    "use",
    [
        "open('keys/%s.pem' % int(kid))",
        "open(FILES[kid])",
        "open(FILES.get(kid))",
        "db.execute('select k from keys where kid = ?', (kid,))",
        "db.execute('select k from keys where kid = :kid', {'kid': kid})",
        "subprocess.run(['cat', kid])",
        "open(os.path.basename(kid))",
    ],
)
def test_what_a_kid_may_do(use):
    body = (
        f"def f(token, db):\n    kid = jwt.get_unverified_header(token)['kid']\n    return {use}\n"
    )
    assert not findings(body, "JWT112")


def test_one_kid_used_twice_is_one_finding():
    body = """
def f(token):
    kid = jwt.get_unverified_header(token)["kid"]
    open(f"public/{kid}")
    open(f"private/{kid}")
"""
    assert len(findings(body, "JWT112")) == 1


def test_a_verified_kid_is_nobodys_choice():
    body = """
def f(token, key):
    whole = jwt.decode_complete(token, key, algorithms=["ES256"])
    open("log/" + whole["header"]["kid"])
"""
    assert not findings(body, "JWT112")


@pytest.mark.parametrize(
    ("url", "reported"),
    [
        ("iss + '/keys'", True),
        ("f'https://{iss}/keys'", True),
        ("'https://%s.example.com/keys' % iss", True),
        ("f'https://login.example.com/{iss}/keys'", False),
        ("'https://login.example.com/{}/keys'.format(iss)", False),
        ("URLS[iss]", False),
    ],
)
def test_who_chooses_the_host(url, reported):
    body = f"""
def f(token):
    iss = jwt.decode(token, options={{"verify_signature": False}})["iss"]
    return jwt.PyJWKClient({url})
"""
    assert bool(findings(body, "JWT113")) is reported


@pytest.mark.parametrize("miss", ["issuer not in self.known", "self.known.get(issuer) is None"])
def test_a_cache_refuses_nobody(miss):
    body = f"""
class Reader:
    def __init__(self):
        self.known = {{}}

    def keys(self, issuer):
        if {miss}:
            self.known[issuer] = requests.get(f"{{issuer}}/keys").json()
        return self.known[issuer]

    def read(self, token):
        issuer = jwt.decode(token, options={{"verify_signature": False}})["iss"]
        return jwt.decode(token, self.keys(issuer), algorithms=["RS256"])
"""
    assert len(findings(body, "JWT113")) == 1


def test_an_issuer_that_is_checked_later_still_makes_a_request():
    body = """
def f(token):
    iss = jwt.decode(token, options={"verify_signature": False})["iss"]
    key = jwt.PyJWKClient(iss + "/keys").get_signing_key_from_jwt(token)
    return jwt.decode(token, key, algorithms=["RS256"], issuer="https://login.example.com")
"""
    [found] = findings(body, "JWT113")
    assert found.confidence.label == "low"


@pytest.mark.parametrize(
    ("url", "reported"),
    [
        ("http://login.example.com/keys", True),
        ("https://login.example.com/keys", False),
        ("http://localhost:8080/keys", False),
        ("http://127.0.0.1/keys", False),
        ("http://10.1.2.3/keys", False),
        ("http://keycloak:8080/keys", False),
        ("http://8.8.8.8/keys", True),
    ],
)
def test_whose_network_it_is(url, reported):
    assert bool(findings(f"keys = jwt.PyJWKClient('{url}')\n", "JWT114")) is reported
