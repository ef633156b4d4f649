"""What pages cannot say about keys in configuration files: messages, places, what is masked."""

from __future__ import annotations

import pytest
from support import scan

from jwtaudit.finding import Confidence
from jwtaudit.program.key_names import may_name_token_key, names_token_key

READER = """\
import os

import jwt

KEY = os.environ["SECRET_KEY"]


def read(token):
    return jwt.decode(token, KEY, algorithms=["HS256"], options={"require": ["exp"]})
"""


def found(files):
    return [f for f in scan(files) if f.rule_id == "JWT203"]


def test_value_is_never_shown():
    (finding,) = found({".env": "JWT_SECRET=abcdefgh12345678\n"})
    assert "abcdefgh" not in repr(finding)
    assert finding.location.lines == ("JWT_SECRET=" + "*" * 16,)


def test_file_loaded_as_a_module_is_told_once():
    script = """\
const jwt = require("jsonwebtoken");
const config = require("./config.json");

exports.issue = (sub) => jwt.sign({ sub }, config.jwt.secretKey, { expiresIn: "15m" });
"""
    files = {"config.json": '{ "jwt": { "secretKey": "0123456789" } }\n', "tokens.js": script}
    places = [(f.rule_id, f.location.path) for f in scan(files) if f.rule_id.startswith("JWT20")]
    assert places == [("JWT201", "config.json")]


def test_decoded_value_is_never_shown():
    text = "kind: Secret\ndata:\n  jwt-secret: c3VwZXJzZWNyZXQ=\n"
    (finding,) = found({"k8s/secret.yaml": text})
    assert "supersecret" not in repr(finding)
    assert "c3Vw" not in repr(finding)


def test_uses_are_related():
    (finding,) = found({".env": "SECRET_KEY=abcdefgh12345678\n", "app.py": READER})
    assert [(step.location.path, step.location.start_line) for step in finding.related] == [
        ("app.py", 9)
    ]


def test_one_secret_in_several_files_is_one_finding():
    files = {
        "docker-compose.yml": "services:\n  a:\n    environment:\n      JWT_SECRET: changeme\n"
        "  b:\n    environment:\n      - JWT_SECRET=changeme\n",
        "docker-compose.dev.yml": "services:\n  a:\n    environment:\n      JWT_SECRET: changeme\n",
    }
    (finding,) = found(files)
    assert finding.location.path == "docker-compose.yml"
    assert finding.confidence is Confidence.HIGH
    assert len(finding.related) == 2


def test_comment_silences():
    assert not found({".env": "JWT_SECRET=abc  # jwtaudit: ignore[JWT203] a demo's\n"})


def test_key_of_another_program_is_not_ours():
    files = {"shop/.env": "SECRET_KEY=abc\n", "shop/app.py": "x = 1\n", "api/app.py": READER}
    assert not found(files)
    assert found({"deploy/.env": "SECRET_KEY=abc\n", "api/app.py": READER})


def test_ignored_file_is_not_looked_at():
    assert not found({".git/HEAD": "", ".gitignore": ".env\n", ".env": "JWT_SECRET=abc\n"})


def test_broken_file_is_no_error():
    assert not found({"templates/api.yaml": "{{ if x }}\njwt_secret: {{ y }}: z\n"})


@pytest.mark.parametrize(
    "name",
    ["JWT_SECRET", "JWT_KEY", "SHOP_JWT_SECRET_KEY", "jwtSecret", "jwt.secret",
     "auth.jwt.signingKey", "jwt-private-key"],
)  # fmt: skip
def test_names_of_keys(name):
    assert names_token_key(name)


@pytest.mark.parametrize(
    "name",
    ["JWT_PUBLIC_KEY", "JWT_SECRET_NAME", "JWT_KEY_ID", "jwt.expiry", "SECRET_KEY",
     "jwt.existingSecret", "valueFrom.secretKeyRef.key", "JWT_SECRET_FILE", "JWT_ALGORITHM"],
)  # fmt: skip
def test_names_of_other_things(name):
    assert not names_token_key(name)


def test_names_that_may_be_keys():
    assert may_name_token_key("ACCESS_TOKEN_SECRET")
    assert may_name_token_key("NEXTAUTH_SECRET")
    assert not may_name_token_key("TWITTER_ACCESS_TOKEN_SECRET")
    assert not may_name_token_key("SESSION_SECRET")
    assert not may_name_token_key("TOKEN_KEY")


STORED = """\
import json

import jwt
from flask import Flask

app = Flask(__name__)
app.config.{loaded}


def read(token):
    key = app.config["SECRET_KEY"]
    return jwt.decode(token, key, algorithms=["HS256"], options={{"require": ["exp"]}})
"""


@pytest.mark.parametrize(
    ("loaded", "name", "text"),
    [
        (
            'from_file("config.json", load=json.load)',
            "config.json",
            '{\n"SECRET_KEY": "hunter2-hunter2"\n}',
        ),
        ('from_json("config.json")', "config.json", '{\n"SECRET_KEY": "hunter2-hunter2"\n}'),
        ('from_pyfile("c.cfg")', "c.cfg", '\nSECRET_KEY = "hunter2-hunter2"\n'),
        ("from_prefixed_env()", ".env", "\nFLASK_SECRET_KEY=hunter2-hunter2\n"),
        ('from_prefixed_env("APP")', ".env", "\nAPP_SECRET_KEY=hunter2-hunter2\n"),
    ],
)
def test_a_store_is_filled_from_a_file(loaded, name, text):
    (finding,) = found({"app.py": STORED.format(loaded=loaded), name: text})
    assert (finding.location.path, finding.location.start_line) == (name, 2)
    assert finding.confidence is Confidence.HIGH


def test_a_store_is_filled_from_the_environment_by_another_prefix():
    text = STORED.format(loaded='from_prefixed_env("APP")')
    assert not found({"app.py": text, ".env": "FLASK_SECRET_KEY=hunter2-hunter2\n"})


def test_a_sample_that_repeats_a_default_of_the_source_is_told_once():
    text = (
        "import os\n\nimport jwt\n\n"
        'KEY = os.environ.get("JWT_SECRET", "shop-secret-change-me")\n\n\n'
        "def read(token):\n"
        '    return jwt.decode(token, KEY, algorithms=["HS256"], options={"require": ["exp"]})\n'
    )
    findings = scan({"app.py": text, ".env.example": "JWT_SECRET=shop-secret-change-me\n"})
    assert [finding.rule_id for finding in findings] == ["JWT202"]
