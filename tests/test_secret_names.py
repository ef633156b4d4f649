"""What the variables of secrets are called: two secrets never share a name in one program."""

from __future__ import annotations

import re

import pytest
from support import fixed

SIGN = """\
import jwt

{name} = "{secret}"


def issue(user, now):
    return jwt.encode({{"sub": user, "exp": now + 900}}, {name}, algorithm="HS256")
"""
ONE, OTHER = "kX93jfQm2lPz7VtR", "uW4nT8sLqYc2ZbHd"


def _names(files: dict[str, str]) -> list[str]:
    changed = {path: data.decode() for path, data in fixed(files).items()}
    texts = [changed.get(path, files[path]) for path in sorted(files)]
    read = re.compile(r"environ(?:\.get)?[(\[]\"(\w+)\"|process\.env\.(\w+)")
    return ["".join(found) for text in texts for found in read.findall(text)]


def test_one_secret_has_one_name_in_all_files():
    files = {
        "a.py": SIGN.format(name="APP_KEY", secret=ONE),
        "b.py": SIGN.format(name="LOGIN_SECRET", secret=ONE),
    }
    assert _names(files) == ["APP_KEY", "APP_KEY"]


@pytest.mark.parametrize(
    ("name", "names"),
    [("APP_KEY", ["APP_KEY", "APP_KEY_2"]), ("x", ["JWT_SECRET", "JWT_SECRET_2"])],
)
def test_two_secrets_have_two_names(name, names):
    files = {
        "a.py": SIGN.format(name=name, secret=ONE),
        "b.py": SIGN.format(name=name, secret=OTHER),
    }
    assert _names(files) == names


def test_two_secrets_in_one_file():
    call = 'jwt.sign({ id }, "%s", { expiresIn: "1h" });\n'
    text = f'const jwt = require("jsonwebtoken");\n{call % ONE}{call % OTHER}{call % ONE}'
    assert _names({"app.js": text}) == ["JWT_SECRET", "JWT_SECRET_2", "JWT_SECRET"]


def test_a_variable_that_is_read_already_is_no_name_for_another_secret():
    text = (
        'const jwt = require("jsonwebtoken");\n'
        'jwt.sign({ id }, process.env.JWT_SECRET, { expiresIn: "1h" });\n'
        f'jwt.sign({{ id }}, "{ONE}", {{ expiresIn: "1h" }});\n'
    )
    assert _names({"app.js": text}) == ["JWT_SECRET", "JWT_SECRET_2"]


def test_programs_of_one_repository_may_use_one_name():
    files = {
        f"{folder}/{path}": text
        for folder, secret in (("orders", ONE), ("users", OTHER))
        for path, text in {
            "app.py": SIGN.format(name="APP_KEY", secret=secret),
            "requirements.txt": "pyjwt==2.15.1\n",
        }.items()
    }
    assert _names(files) == ["APP_KEY", "APP_KEY"]


def test_of_alternatives_a_program_reads_one():
    text = f"""\
import jwt


class Plain:
    SECRET_KEY = "{ONE}"


class Special:
    SECRET_KEY = "{OTHER}"


def issue(user, now, special):
    key = Special.SECRET_KEY if special else Plain.SECRET_KEY
    return jwt.encode({{"sub": user, "exp": now + 900}}, key, algorithm="HS256")
"""
    assert _names({"app.py": text}) == ["SECRET_KEY", "SECRET_KEY"]


def test_a_literal_that_stands_in_for_a_variable_is_that_variable():
    """Else what is signed with the one is refused with the other."""
    text = f"""\
import os

import jwt


def issue(user, now):
    key = os.environ.get("APP_KEY", "{ONE}")
    return jwt.encode({{"sub": user, "exp": now + 900}}, key, algorithm="HS256")


def read(token):
    return jwt.decode(token, "{ONE}", algorithms=["HS256"])
"""
    assert _names({"app.py": text}) == ["APP_KEY", "APP_KEY"]
