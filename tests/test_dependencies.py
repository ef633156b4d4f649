"""Reading versions from manifests and lock files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support import grows_with_the_length_alone

from jwtaudit import models
from jwtaudit.dependencies import Pin, read
from jwtaudit.dependencies.pypi import normalised, poetry_specifier

if TYPE_CHECKING:
    from pathlib import Path

    from jwtaudit.models import Library

UV = """\
version = 1

[[package]]
name = "anyio"
version = "4.0"

[[package]]
name = "pyjwt"
version = "2.4.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [
    { name = "typing-extensions" },
]
"""
POETRY = """\
[[package]]
name = "PyJWT"
version = "2.8.0"
description = "JSON Web Token implementation in Python"

[package.dependencies]
typing-extensions = {version = "*", optional = true}

[metadata]
content-hash = "0"
"""


@pytest.fixture
def pyjwt() -> Library:
    return next(lib for lib in models.load().libraries if lib.id == "pyjwt")


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()


def put(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def pin(root: Path, library: Library, path: str = "app.py") -> Pin:
    found = read(root).version(library, path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "text", "version", "line"),
    [
        ("requirements.txt", "# jwt\nflask\nPyJWT==2.3.0  # pinned\n", "2.3.0", 3),
        ("requirements.txt", "pyjwt[crypto]==2.3.0 ; python_version >= '3'\n", "2.3.0", 1),
        (
            "requirements.txt",
            "x==1 \\\n  --hash=sha256:0\npyjwt==2.3.0 \\\n  --hash=sha256:0\n",
            "2.3.0",
            3,
        ),
        ("requirements.txt", "PYJWT===2.3.0 --hash=sha256:0", "2.3.0", 1),
        ("requirements/production.txt", "py_jwt==1\npyjwt==2.3.0\n", "2.3.0", 2),
        ("dev-requirements.txt", "pyjwt==2.3.0\n", "2.3.0", 1),
        ("constraints.txt", "pyjwt==2.3.0\n", "2.3.0", 1),
        ("uv.lock", UV, "2.4.0", 8),
        ("poetry.lock", POETRY, "2.8.0", 2),
        ("pdm.lock", UV, "2.4.0", 8),
        ("pylock.toml", UV.replace("[[package]]", "[[packages]]"), "2.4.0", 8),
        ("Pipfile.lock", '{"default": {\n"pyjwt": {"version": "==2.1.0"}}}', "2.1.0", 2),
        ("Pipfile", '[packages]\npyjwt = "==2.1.0"\n', "2.1.0", 2),
        (
            "pyproject.toml",
            '[project]\ndependencies = [\n  "PyJWT[crypto]==2.6.0",\n]\n',
            "2.6.0",
            3,
        ),
        (
            "pyproject.toml",
            '[project.optional-dependencies]\nauth = ["pyjwt (==2.6.0)"]\n',
            "2.6.0",
            2,
        ),
        ("pyproject.toml", '[dependency-groups]\nauth = ["pyjwt==2.6.0"]\n', "2.6.0", 2),
        ("pyproject.toml", '[tool.poetry.dependencies]\npyjwt = "2.6.0"\n', "2.6.0", 2),
        ("pyproject.toml", '[tool.poetry.dependencies.PyJWT]\nversion = "2.6.0"\n', "2.6.0", 1),
        (
            "pyproject.toml",
            '[tool.poetry.group.x.dependencies]\npyjwt = {version = "==2.6.0", optional = 1}\n',
            "2.6.0",
            2,
        ),
        ("setup.py", "setup(\n  install_requires=['pyjwt[crypto]==1.7.1'])", "1.7.1", 2),
        (
            "environment.yml",
            "name: x\ndependencies:\n  - python=3.12\n  - conda-forge::pyjwt=2.6.0=py_0\n",
            "2.6.0",
            4,
        ),
        (
            "conda_env.yaml",
            "dependencies:\n  - pip\n  - pip:\n    - pyjwt[crypto]==2.6.0\n",
            "2.6.0",
            4,
        ),
        ("setup.cfg", "[options]\ninstall_requires =\n  pyjwt==1.7.1\n", "1.7.1", 3),
    ],
)
def test_exact_version(
    tmp_path: Path, pyjwt: Library, name: str, text: str, version: str, line: int
) -> None:
    put(tmp_path, {name: text})
    found = pin(tmp_path, pyjwt)
    assert (str(found.version), found.source, found.line, found.exact) == (
        version, name, line, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("requirements.txt", "pyjwt>=1.5,<2", "1.7.1"),
        ("requirements.txt", "pyjwt~=2.10.0", "2.10.1"),
        ("environment.yml", "dependencies:\n- pyjwt=2.10", "2.10.1"),
        ("environment.yml", "dependencies:\n- pyjwt>=1.5,<2  # old", "1.7.1"),
        ("requirements.txt", "pyjwt", None),
        ("requirements.in", "pyjwt<3,!=2.15.1", "2.15.0"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npyjwt = "^1.4"\n', "1.7.1"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npyjwt = "~2.9"\n', "2.9.0"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npyjwt = "*"\n', None),
        ("Pipfile", '[packages]\npyjwt = "*"\n', None),
        ("requirements.txt", "pyjwt @ https://example.com/pyjwt.zip", None),
        ("requirements.txt", "pyjwt>9000", "unknown"),
        ("setup.py", "setup(install_requires=['pyjwt>=1.0,<2.5'])", "2.4.0"),
    ],
)
def test_range_means_the_newest_release_inside(
    tmp_path: Path, pyjwt: Library, name: str, text: str, version: str | None
) -> None:
    put(tmp_path, {name: text})
    found = pin(tmp_path, pyjwt)
    assert not found.exact
    if version == "unknown":
        assert found.version is None
    else:
        assert str(found.version) == (version or pyjwt.releases[-1])


def test_lock_beats_requirement(tmp_path: Path, pyjwt: Library) -> None:
    put(tmp_path, {"requirements.txt": "pyjwt==1.7.1", "uv.lock": UV})
    assert pin(tmp_path, pyjwt).source == "uv.lock"


def test_pinned_requirement_beats_range(tmp_path: Path, pyjwt: Library) -> None:
    put(tmp_path, {"requirements.txt": "pyjwt", "requirements-dev.txt": "pyjwt==1.7.1"})
    assert pin(tmp_path, pyjwt).source == "requirements-dev.txt"


def test_what_users_get_beats_what_developers_get(tmp_path: Path, pyjwt: Library) -> None:
    put(
        tmp_path,
        {"dev-requirements.txt": "pyjwt==1.7.1\n", "requirements/base.txt": "pyjwt==2.10.1\n"},
    )
    assert str(pin(tmp_path, pyjwt).version) == "2.10.1"


def test_nearest_directory_wins(tmp_path: Path, pyjwt: Library) -> None:
    put(
        tmp_path,
        {
            "requirements.txt": "pyjwt==1.7.1",
            "service/requirements.txt": "pyjwt==2.8.0",
            "other/requirements.txt": "flask==3.0",
        },
    )
    dependencies = read(tmp_path)
    versions = {
        path: str(found.version)
        for path in ("app.py", "service/api/app.py", "other/app.py")
        if (found := dependencies.version(pyjwt, path))
    }
    assert versions == {
        "app.py": "1.7.1", "service/api/app.py": "2.8.0", "other/app.py": "1.7.1",
    }  # fmt: skip


def test_a_lock_further_up_tells_the_version_of_a_range(tmp_path: Path, pyjwt: Library) -> None:
    put(
        tmp_path,
        {
            "uv.lock": UV,
            "fits/pyproject.toml": '[project]\ndependencies = ["pyjwt>=2"]',
            "differs/pyproject.toml": '[project]\ndependencies = ["pyjwt<2"]',
        },
    )
    assert pin(tmp_path, pyjwt, "fits/app.py").source == "uv.lock"
    found = pin(tmp_path, pyjwt, "differs/app.py")
    assert (str(found.version), found.source) == ("1.7.1", "differs/pyproject.toml")


def test_looks_above_the_scan_root_up_to_the_repository(tmp_path: Path, pyjwt: Library) -> None:
    put(tmp_path, {"requirements.txt": "pyjwt==1.7.1", "repo/.git/HEAD": "", "repo/src/a.py": ""})
    assert read(tmp_path / "repo" / "src").version(pyjwt, "a.py") is None
    put(tmp_path, {"repo/requirements.txt": "pyjwt==2.0.1"})
    assert pin(tmp_path / "repo" / "src", pyjwt, "a.py").source == "../requirements.txt"


def test_included_requirements(tmp_path: Path, pyjwt: Library) -> None:
    put(
        tmp_path,
        {
            "secret.txt": "pyjwt==1.7.1",
            "app/requirements.txt": "-r lists/base.txt\n-r ../secret.txt\n-r requirements.txt\n",
            "app/lists/base.txt": "pyjwt==2.0.1\n",
        },
    )
    found = pin(tmp_path, pyjwt, "app/a.py")
    assert (str(found.version), found.source, found.line) == ("2.0.1", "app/requirements.txt", 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks(tmp_path: Path, pyjwt: Library, encoding: str) -> None:
    (tmp_path / "requirements.txt").write_text("flask\r\npyjwt==2.0.1\r\n", encoding, newline="")
    found = pin(tmp_path, pyjwt)
    assert (str(found.version), found.line) == ("2.0.1", 2)


def test_no_manifest_says_nothing(tmp_path: Path, pyjwt: Library) -> None:
    dependencies = read(tmp_path)
    assert dependencies.version(pyjwt, "a/b/c.py") is None
    assert not dependencies.diagnostics


def test_the_package_that_an_import_means(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "requirements.txt": "pyjwt==1.7.1",
            "gehirn/requirements.txt": "jwt==1.3.1",
            "both/requirements.txt": "jwt\nPyJWT",
        },
    )
    dependencies = read(tmp_path)
    assert dependencies.declared_of(["pyjwt", "jwt"], "a.py") == "pyjwt"
    assert dependencies.declared_of(["pyjwt", "jwt"], "gehirn/a.py") == "jwt"
    assert dependencies.declared_of(["pyjwt", "jwt"], "both/a.py") is None
    assert dependencies.declared_of(["python-jose"], "a.py") is None
    assert dependencies.package_present("Py.JWT".replace(".", ""), "gehirn/a.py")
    assert not dependencies.package_present("jwt", "a.py")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", b"[project\n"),
        ("pyproject.toml", b"\xff\xfe\xff"),
        ("setup.cfg", b"\xff"),
        ("Pipfile", b"a = " + b"[" * 100_000),
        ("pyproject.toml", b"a = " + b"1" * 5_000),
        ("Pipfile.lock", b"{"),
        ("Pipfile.lock", b"[" * 100_000),
        ("setup.cfg", b"no section\n"),
    ],
)
def test_broken_manifest_is_a_diagnostic(
    tmp_path: Path, pyjwt: Library, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    put(tmp_path, {"requirements.txt": "pyjwt==2.0.1"})
    dependencies = read(tmp_path)
    found = dependencies.version(pyjwt, "a.py")
    assert found is not None
    assert str(found.version) == "2.0.1"
    (diagnostic,) = dependencies.diagnostics
    assert (diagnostic.path, diagnostic.kind, diagnostic.error) == (name, "manifest", False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "project = 1\ntool = []\ndependency-groups = {a = 1, b = [1]}"),
        ("pyproject.toml", '[project]\ndependencies = "pyjwt"\n[tool]\npoetry = 1'),
        ("Pipfile", "packages = []"),
        ("Pipfile.lock", '{"default": []}'),
        ("Pipfile.lock", "[]"),
        ("uv.lock", "[[package]]\nversion = 1\nname = 2\n"),
        ("requirements.txt", "pyjwt==\n-e .\n--index-url x\n\x00\n-r\n==\n"),
        ("requirements.txt", "pyjwt==banana"),
        ("requirements.txt", "pyjwt==" + "1" * 5_000),
        ("requirements.txt", "pyjwt>" + "1" * 5_000),
        ("pyproject.toml", '[tool.poetry.dependencies]\npyjwt = "==' + "1" * 5_000 + '"'),
    ],
)
def test_odd_manifests_do_no_harm(tmp_path: Path, pyjwt: Library, name: str, text: str) -> None:
    put(tmp_path, {name: text})
    found = read(tmp_path).version(pyjwt, "a.py")
    assert found is None or found.version is None


def test_neither_pipes_nor_links_out_are_read(tmp_path: Path, pyjwt: Library) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("pyjwt==1.7.1")
    root = tmp_path / "repo"
    (root / ".git").mkdir(parents=True)
    (root / "requirements.txt").symlink_to(outside)
    os.mkfifo(root / "constraints.txt")
    (root / "requirements-loop.txt").symlink_to("requirements-loop.txt")
    dependencies = read(root)
    assert dependencies.version(pyjwt, "a.py") is None
    assert sorted(d.path for d in dependencies.diagnostics) == [
        "constraints.txt", "requirements-loop.txt", "requirements.txt",
    ]  # fmt: skip


def test_long_lock_files_are_read_in_one_go(tmp_path: Path, pyjwt: Library) -> None:
    """Ten thousand packages: not that each is looked for in the whole text."""

    def read_lock(count: int) -> None:
        packages = ",\n".join(f'"p{n}": {{"version": "==1"}}' for n in range(count))
        text = f'{{"default": {{{packages},\n"pyjwt": {{"version": "==2.1.0"}}}}}}'
        put(tmp_path, {"Pipfile.lock": text})
        assert pin(tmp_path, pyjwt).line == count + 1

    assert grows_with_the_length_alone(read_lock, 10_000)


def test_requirements_of_those_who_work_on_the_program(tmp_path: Path) -> None:
    text = """
        [dependency-groups]
        docs = ["authlib"]
        prod = ["pyjwt"]
        [tool.poetry.group.unit-tests.dependencies]
        jwcrypto = "1.5"
    """
    put(tmp_path, {"pyproject.toml": text, "Pipfile": '[dev-packages]\njoserfc = "*"\n'})
    found = read(tmp_path)
    told = [*found.requirements("pyproject.toml"), *found.requirements("Pipfile")]
    assert {r.package: r.development for r in told} == {
        "authlib": True, "pyjwt": False, "jwcrypto": True, "joserfc": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("poetry", "standard"),
    [
        ("^2.4.1", ">=2.4.1,<3"),
        ("^0.3", ">=0.3,<0.4"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("~2.4.1", ">=2.4.1,<2.5"),
        ("~2", ">=2,<3"),
        ("2.4.1", "==2.4.1"),
        ("2.4.*", "==2.4.*"),
        (">=2,<3", ">=2,<3"),
        ("~=2.4", "~=2.4"),
        ("^1.7 || ^2.0", ">=2.0,<3"),
        ("*", ""),
    ],
)
def test_poetry_constraints(poetry: str, standard: str) -> None:
    assert poetry_specifier(poetry) == standard


def test_names_are_normalised() -> None:
    assert normalised("Python_Jose") == normalised("python.jose") == "python-jose"
