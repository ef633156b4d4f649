"""What pages cannot say about keys: messages, traces, secrets, one finding per root cause."""

import pytest

from tests.support import scan

KEY = "kX93jfQm2lPz7VtR"


def _found(rule, files):
    return [finding for finding in scan(files) if finding.rule_name == rule]


def test_a_key_used_twice_is_one_finding_with_its_uses():
    text = f"""\
import jwt

KEY = "{KEY}"


def issue(user):
    return jwt.encode({{"sub": user}}, KEY, algorithm="HS256")


def read(token):
    return jwt.decode(token, KEY, algorithms=["HS256"])
"""
    [finding] = _found("hardcoded-key", {"app.py": text})
    assert finding.location.start_line == 3
    assert [step.location.start_line for step in finding.related] == [11]
    assert finding.trace[-1].location.start_line == 7


def test_no_secret_is_shown():
    text = f'import jwt\njwt.encode({{"sub": "1"}}, "{KEY}", algorithm="HS256")\n'
    [finding] = _found("hardcoded-key", {"app.py": text})
    assert KEY not in repr(finding)
    assert "16 bytes where 32 are needed" in finding.message


def test_the_message_tells_a_publicly_known_key():
    text = 'import jwt\njwt.encode({"sub": "1"}, "changeme", algorithm="HS256")\n'
    [finding] = _found("hardcoded-key", {"app.py": text})
    assert "public lists" in finding.message


def test_the_message_names_the_lookup():
    text = f"""\
import os
import jwt

KEY = os.getenv("JWT_SECRET", "{KEY}")
jwt.encode({{"sub": "1"}}, KEY, algorithm="HS256")
"""
    [finding] = _found("secret-fallback", {"app.py": text})
    assert "environment variable JWT_SECRET" in finding.message


def test_a_key_without_effect_is_silent():
    text = 'import jwt\njwt.decode(t, "", options={"verify_signature": False})\n'
    assert not _found("refused-key", {"app.py": text})


def test_the_nearest_store_is_read():
    app = 'from flask import Flask\napp = Flask(__name__)\napp.config["KEY"] = "{}-sY7f"\n'
    files = {
        "a/app.py": app.format("one"),
        "b/app.py": app.format("two"),
        "a/auth.py": "import jwt\nfrom flask import current_app\n\n\ndef read(t):\n"
        '    return jwt.decode(t, current_app.config["KEY"], algorithms=["HS256"])\n',
    }
    assert [f.location.path for f in _found("hardcoded-key", files)] == ["a/app.py"]


OLD = {"package.json": '{"dependencies": {"jsonwebtoken": "8.5.1"}}'}


@pytest.mark.parametrize(
    "code",
    [
        "exports.read = (t) => jwt.verify(t, process.env.A, { algorithms: ['HS256'] });",
        "exports.sign = (c) => jwt.sign(c, process.env.A, { expiresIn: '15m' });\n"
        "exports.read = (t) => jwt.verify(t, process.env.A);",
        "if (!process.env.A) throw new Error('A');\n"
        "exports.read = (t) => jwt.verify(t, process.env.A);",
        "exports.read = (t) => {\n"
        "  const { header } = jwt.decode(t, { complete: true });\n"
        "  const key = keys[header.kid];\n"
        "  if (!key) throw new Error('kid');\n"
        "  return jwt.verify(t, key);\n};",
        "exports.read = (t, key) => jwt.verify(t, key);",
    ],
    ids=["algorithms", "signs as well", "refused", "known kid", "given"],
)
def test_a_key_that_may_be_missing_is_noticed(code):
    """jsonwebtoken before 9 takes unsigned tokens where there is no key; not here."""
    files = {
        "app.js": f"const jwt = require('jsonwebtoken');\nconst keys = load();\n{code}\n",
        **OLD,
    }
    assert not [f for f in scan(files) if f.rule_id == "JWT206"]
