"""What is followed through the files of a project."""

from __future__ import annotations

import pytest

from tests.program.show import arguments, project, show
from tests.support import scan

NESTED = {
    "conf.py": (
        "from pydantic import BaseModel\nfrom pydantic_settings import BaseSettings\n\n"
        "class Jwt(BaseModel):\n"
        '    secret: str = "k"\n'
        "    def derived(self):\n"
        '        return "d"\n\n'
        "class Settings(BaseSettings):\n"
        "    jwt: Jwt = Jwt()\n\n"
        "settings = Settings()\n"
    ),
}


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("settings.jwt.secret", "setting jwt.secret default 'k'"),
        ("settings.jwt.derived()", "'d'"),
    ],
)
def test_a_field_of_a_nested_settings_object_is_a_setting(read, expected):
    files = {**NESTED, "app.py": f"import jwt\nfrom conf import settings\njwt.encode({{}}, {read})"}
    assert arguments(files, "key") == [expected]


VALIDATED = """\
from pydantic import field_validator
from pydantic_settings import BaseSettings

class Settings(BaseSettings):
    other: str = "x"
    secret: str = "vX2k9QmZr7Lw4Tn8Bp1Jd6Hc3Gs5Yf0A"

    @field_validator({field!r})
    def check(cls, {parameter}):
        if {test}:
            raise ValueError("unset")
        return {parameter}

settings = Settings()
"""


@pytest.mark.parametrize(
    ("field", "parameter", "test", "spoken"),
    [
        ("secret", "value", 'value.startswith("vX2k")', False),
        ("secret", "given", 'given == "vX2k9QmZr7Lw4Tn8Bp1Jd6Hc3Gs5Yf0A"', False),
        ("secret", "value", "len(value) < 20", True),
        ("other", "other", "not other", True),
    ],
)
def test_a_validator_of_a_field_in_another_file_refuses_its_default(field, parameter, test, spoken):
    files = {
        "conf.py": VALIDATED.format(field=field, parameter=parameter, test=test),
        "app.py": (
            "import jwt\nfrom conf import settings\n"
            'jwt.encode({"exp": 1}, settings.secret, algorithm="HS256")\n'
        ),
    }
    assert any(f.rule_id == "JWT202" for f in scan(files)) is spoken


@pytest.mark.parametrize(
    ("package", "read"),
    [
        ("lib", "from lib import seal"),
        ("lib", "import lib\nseal = lib.seal"),
        ("src/lib", "from lib import seal"),
        ("backend/lib", "from lib import seal"),
    ],
)
def test_users_of_a_name_that_a_package_passes_on_are_read(package, read):
    root = package.rpartition("lib")[0]
    files = {
        f"{package}/__init__.py": "from .inner import seal\n",
        f"{package}/inner.py": (
            "import os, jwt\n\n\ndef seal(claims):\n"
            '    return jwt.encode(claims, os.environ["K"], algorithm="HS256")\n'
        ),
        f"{root}main.py": f"{read}\nseal({{'sub': '1'}})\n",
    }
    assert [f.rule_id for f in scan(files)] == ["JWT301"]


def test_a_field_given_to_an_injected_object_wins_over_its_default():
    files = {
        "conf.py": (
            "from dataclasses import dataclass\n\n@dataclass\nclass Keys:\n    signing: str = 'd'\n"
        ),
        "app.py": (
            "import jwt\nfrom conf import Keys\n\n"
            "class Tokens:\n"
            "    def __init__(self, keys: Keys):\n        self.keys = keys\n"
            "    def issue(self):\n        return jwt.encode({}, self.keys.signing)\n\n"
            "Tokens(Keys(signing='given')).issue()\n"
        ),
    }
    assert arguments(files, "key") == ["'given'"]


WRAPPED = """\
import jwt

class Keys:
    def __init__(self, signing):
        self.signing = signing

class Tokens:
    def __init__(self, keys):
        self.keys = keys

    def issue(self, claims):
        return jwt.encode(claims, self.keys.signing)

def through(*args, **kwargs):
    return jwt.encode(*args, **kwargs)
"""


@pytest.mark.parametrize(
    ("use", "key"),
    [
        ('Tokens(Keys("k")).issue({"sub": 1})', "'k'"),
        ('through({"sub": 1}, "k")', "'k'"),
        ('through(payload={"sub": 1}, key="k")', "'k'"),
    ],
)
def test_an_argument_reaches_the_library_call(use, key):
    files = {"lib.py": WRAPPED, "app.py": f"from lib import *\n{use}\n"}
    found = [
        show(site.argument("key"))
        for site in project(files).sites("sign")
        if show(site.argument("payload")) == "{sub: 1}"
    ]
    assert key in found


def test_a_member_of_an_enumeration_reaches_what_its_value_chooses():
    files = {
        "kinds.py": 'import enum\n\nclass Kind(enum.Enum):\n    A = "a"\n',
        "app.py": (
            "import jwt\nfrom kinds import Kind\n"
            'KEYS = {"a": "k"}\n\n'
            "def issue(kind: Kind):\n    return jwt.encode({}, KEYS[kind.value])\n\n"
            "issue(Kind.A)\n"
        ),
    }
    assert arguments(files, "key") == ["'k'"]
