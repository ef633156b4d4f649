"""Configuration files: names, values, and exactly where the values stand."""

from __future__ import annotations

import pytest
from support import grows_with_the_length_alone

from jwtaudit.facts import Assign, Literal, Name
from jwtaudit.frontends import Unparsable, extract, is_program, language_of, read
from jwtaudit.frontends.config import matters


def entries(path: str, text: str | bytes) -> list[tuple[str, object, str]]:
    """Name, value, and the text at the value's place."""
    data = text.encode() if isinstance(text, str) else text
    source = read(path, data)
    found = []
    for statement in extract(path, data).body:
        assert isinstance(statement, Assign)
        target, literal = statement.targets[0], statement.value
        assert isinstance(target, Name)
        assert isinstance(literal, Literal)
        assert source.text[slice(*target.span)].strip("\"'") == target.id.rpartition(".")[2]
        found.append((target.id, literal.value, source.text[slice(*literal.span)]))
    return found


@pytest.mark.parametrize(
    ("path", "language"),
    [
        (".env", "config"),
        ("deploy/.env.production", "config"),
        ("prod.env", "config"),
        (".env.local.example", "config"),
        ("env.example", "config"),
        ("env.ts", "javascript"),
        (".env.d.ts", "javascript"),
        (".env.sh", "config"),
        (".envrc", "config"),
        ("docker-compose.override.yml", "config"),
        ("Dockerfile", "config"),
        ("api.Dockerfile", "config"),
        ("Dockerfile.dev", "config"),
        ("chart/values.yaml", "config"),
        ("settings.toml", "config"),
        ("app.ini", "config"),
        ("appsettings.Production.json", "config"),
        ("config/default.json", "config"),
        ("translations.json", None),
        ("notes.txt", None),
        ("Makefile", "config"),
        ("env.py", "python"),
        ("settings.env.py", "python"),
        ("pyproject.toml", "manifest"),
        ("requirements-dev.txt", "manifest"),
        ("requirements/base.txt", "manifest"),
        ("Pipfile", "manifest"),
        ("poetry.lock", "manifest"),
        ("setup.cfg", "manifest"),
        ("setup.py", "python"),
    ],
)
def test_language(path, language):
    assert language_of(path) == language
    assert is_program(path) == (language not in {"config", "manifest"})


def test_environment_file():
    text = (
        "# JWT_SECRET=comment\n"
        "export JWT_SECRET=abc#d # why\n"
        "A_SECRET = 'single # quoted'\n"
        'B_SECRET="two\\nlines"\r\n'
        "C_SECRET=\n"
        "D_SECRET=${D_SECRET:-fallback}\n"
        "PORT=80\n"
        "E_KEY=last"
    )
    assert entries(".env", text) == [
        ("JWT_SECRET", "abc#d", "abc#d"),
        ("A_SECRET", "single # quoted", "'single # quoted'"),
        ("B_SECRET", "two\\nlines", '"two\\nlines"'),
        ("D_SECRET", "fallback", "fallback"),
        ("E_KEY", "last", "last"),
    ]


def test_environment_file_with_byte_order_mark_and_other_letters():
    assert entries(".env", "\ufeffÄ=ö\nJWT_SECRET=geheimnüs\n".encode()) == [
        ("JWT_SECRET", "geheimnüs", "geheimnüs")
    ]


def test_compose():
    text = (
        "services:\n"
        "  web:\n"
        "    environment:\n"
        "      - JWT_SECRET=abc\n"
        '      - "A_SECRET=${A_SECRET:-def}"\n'
        "      - B_SECRET\n"
        "  api:\n"
        "    environment: {C_SECRET: ghi, D_SECRET: null, E_SECRET: '', F_KEY: 12}\n"
    )
    assert entries("compose.yml", text) == [
        ("services.web.environment.JWT_SECRET", "abc", "abc"),
        ("services.web.environment.A_SECRET", "def", "def"),
        ("services.api.environment.C_SECRET", "ghi", "ghi"),
        ("services.api.environment.F_KEY", "12", "12"),
    ]


def test_kubernetes():
    text = (
        "kind: Secret\n"
        "data:\n"
        "  jwt-secret: c2VjcmV0\n"
        "stringData:\n"
        "  jwt-key: plain\n"
        "---\n"
        "kind: Deployment\n"
        "spec:\n"
        "  - env:\n"
        "    - name: JWT_SECRET\n"
        "      value: abc\n"
        "---\n"
        "kind: SealedSecret\n"
        "spec: {encryptedData: {jwt-secret: AgBy}}\n"
    )
    assert entries("deploy.yaml", text) == [
        ("data.jwt-secret", "secret", "c2VjcmV0"),
        ("stringData.jwt-key", "plain", "plain"),
        ("spec.env.JWT_SECRET", "abc", "abc"),
    ]


def test_json_with_tabs():
    text = '{\n\t"jwt": {\n\t\t"secret": "a\\"b"\n\t}, "list": [{"apiKey": "x"}]}\n'
    assert entries("settings.json", text) == [
        ("jwt.secret", 'a"b', '"a\\"b"'),
        ("list.apiKey", "x", '"x"'),
    ]


def test_toml_and_ini():
    assert entries("app.toml", '[jwt]\nsecret = "a#b" # c\nkey = 3\n') == [
        ("jwt.secret", "a#b", '"a#b"')
    ]
    assert entries("app.ini", "[auth]\r\nsecret = ab c ; d\r\n") == [
        ("auth.secret", "ab c", "ab c")
    ]


def test_dockerfile():
    text = (
        "FROM python\n"
        'ENV JWT_SECRET=abc A_KEY="a b" \\\n'
        "    B_SECRET=def\n"
        "ENV C_SECRET old form\n"
        "ARG D_KEY\n"
        "RUN echo E_SECRET=ghi\n"
    )
    assert entries("Dockerfile", text) == [
        ("JWT_SECRET", "abc", "abc"),
        ("A_KEY", "a b", '"a b"'),
        ("B_SECRET", "def", "def"),
        ("C_SECRET", "old form", "old form"),
    ]


def test_what_is_encrypted_holds_nothing():
    assert not entries("secrets.yaml", "jwt_secret: ENC[x]\nsops:\n  version: 3.9.0\n")
    assert not entries("group.yml", "jwt_secret: !vault |\n  $ANSIBLE_VAULT;1.1\n  6638\n")


def test_comments_that_speak_to_us_are_kept():
    facts = extract(".env", b"JWT_SECRET=a  # jwtaudit: ignore[JWT203] why\n")
    assert [comment.text for comment in facts.comments] == ["# jwtaudit: ignore[JWT203] why"]


@pytest.mark.parametrize("text", ["jwt_secret: [", "{{ template }}\njwt_secret: {{ x }}: y"])
def test_what_is_no_yaml_is_said(text):
    with pytest.raises(Unparsable):
        extract("values.yaml", text.encode())


@pytest.mark.parametrize("part", ["[", "{a: "])
def test_what_is_nested_too_deeply_is_said_quickly(part):
    def read(depth):
        with pytest.raises(Unparsable):
            extract("values.yaml", (part * depth).encode())

    assert grows_with_the_length_alone(read, 50_000)


def test_aliases_are_not_expanded():
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]" for n in range(1, 40)]
    assert entries("bomb.yaml", "\n".join([*lines, "jwt_secret: a"])) == [("jwt_secret", "a", "a")]


def test_what_matters():
    assert matters(b"JWT_SECRET=a")
    assert matters(b"AuthKey: a")
    assert not matters(b"jwt: yes")
    assert not matters(b"key: value")
    assert not matters(b"secret" + b" " * 300_000)


def test_utf16_manifest_is_read():
    facts = extract("requirements.txt", "pyjwt==2.0.1\r\n".encode("utf-16"))
    assert facts.language == "manifest"
    with pytest.raises(Unparsable):
        extract(".env", "JWT_SECRET=a".encode("utf-16"))
