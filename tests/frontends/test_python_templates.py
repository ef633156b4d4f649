"""Python that is a template itself is read as what it is filled in to be; places stay."""

from __future__ import annotations

import ast

import pytest
from support import scan

from jwtaudit.frontends.python_templates import without_tags

_FORMS = {
    "import": "from {{ cookiecutter.app }}.models import Token",
    "class": "class {{cookiecutter.name}}Config:\n    a = 1",
    "condition": "{% if cookiecutter.queue == 'yes' %}\nimport queue\n{% endif %}\nimport os",
    "comment": "{# only\nfor us #}\na = 1",
    "in a line": 'import os {%- if cookiecutter.queue == "yes" %}, queue{% endif %}',
    "text": "a = {{ cookiecutter.a }}\nb = '{{ cookiecutter.b }}'  # {{ cookiecutter.c }}",
}


@pytest.mark.parametrize("text", _FORMS.values(), ids=_FORMS)
def test_form(text):
    found = without_tags(text)
    ast.parse(found)
    assert len(found) == len(text)
    assert found.count("\n") == text.count("\n")


def test_strings_stay():
    assert without_tags("a = '{{ b }}' + f\"{{c}}\"") == "a = '{{ b }}' + f\"{{c}}\""


_PROJECT = {
    "{{cookiecutter.project}}/{{cookiecutter.app}}/app.py": """
from flask import Flask
from {{ cookiecutter.app }}.extensions import jwt
{%- if cookiecutter.queue == "yes" %}, queue{% endif %}


def create_app():
    app = Flask("{{cookiecutter.app}}")
    app.config.from_object("{{cookiecutter.app}}.config")
    jwt.init_app(app)
    return app
""",
    "{{cookiecutter.project}}/{{cookiecutter.app}}/extensions.py": """
from flask_jwt_extended import JWTManager
{%- if cookiecutter.queue == "yes" %}
from {{cookiecutter.app}}.tasks import queue
{%- endif %}

jwt = JWTManager()
""",
    "{{cookiecutter.project}}/{{cookiecutter.app}}/config.py": """
JWT_SECRET_KEY = KEY
""",
}


@pytest.mark.parametrize(
    ("key", "expected"),
    [('"b3f0c9d1-signing"', ["JWT201"]), ('"{{cookiecutter.secret}}"', [])],
)
def test_imports_lead_into_folders_that_are_named_later(key, expected):
    files = {path: text.replace("= KEY", f"= {key}") for path, text in _PROJECT.items()}
    found = [f for f in scan(files) if f.rule_id in ("JWT201", "JWT202", "JWT203")]
    assert [f.rule_id for f in found] == expected
    assert {f.location.path for f in found} <= {
        "{{cookiecutter.project}}/{{cookiecutter.app}}/config.py"
    }
    assert all(f.location.start_line == 2 for f in found)


@pytest.mark.parametrize("tag", ["{{cookiecutter.app}}", "{{ cookiecutter.app }}"])
def test_blanks_in_tags_do_not_matter_to_imports(tag):
    files = {
        "{{cookiecutter.app}}/keys.py": 'KEY = "b3f0c9d1-signing"\n',
        "{{cookiecutter.app}}/tokens.py": (
            f"import jwt\n\nfrom {tag}.keys import KEY\n\n\n"
            "def read(token):\n"
            "    return jwt.decode(token, KEY, algorithms=['HS256'])\n"
        ),
    }
    assert [f.location.path for f in scan(files) if f.rule_id == "JWT201"] == [
        "{{cookiecutter.app}}/keys.py"
    ]
