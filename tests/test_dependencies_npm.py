"""Reading versions from the manifests and lock files of JavaScript projects."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support import grows_with_the_length_alone, scan

from jwtaudit import models
from jwtaudit.dependencies import Dependencies, read
from jwtaudit.dependencies.npm import specifier
from jwtaudit.finding import Confidence

if TYPE_CHECKING:
    from pathlib import Path

    from jwtaudit.models import Library

LOCK_V1 = """\
{
  "name": "shop",
  "lockfileVersion": 1,
  "dependencies": {
    "express-jwt": {
      "version": "5.3.1",
      "requires": {"jsonwebtoken": "^8.1.0"},
      "dependencies": {
        "jsonwebtoken": {
          "version": "8.1.0"
        }
      }
    },
    "jsonwebtoken": {
      "version": "8.5.1"
    }
  }
}
"""
LOCK_V3 = """\
{
  "name": "shop",
  "lockfileVersion": 3,
  "packages": {
    "": {
      "dependencies": {"jsonwebtoken": "^8.5.1"}
    },
    "node_modules/express-jwt/node_modules/jsonwebtoken": {
      "version": "8.1.0"
    },
    "node_modules/jsonwebtoken": {
      "version": "8.5.1"
    }
  }
}
"""
YARN_V1 = """\
# yarn lockfile v1


"@types/jsonwebtoken@^9.0.0":
  version "9.0.1"
  resolved "https://registry.yarnpkg.com/x"

jsonwebtoken@^8.0.0, jsonwebtoken@^8.5.1:
  version "8.5.1"
  dependencies:
    jws "^3.2.2"

jsonwebtoken@^9.0.0:
  version "9.0.2"
"""
YARN_BERRY = """\
__metadata:
  version: 6

"jsonwebtoken@npm:^8.5.1":
  version: 8.5.1
  resolution: "jsonwebtoken@npm:8.5.1"

"shop@workspace:.":
  version: 0.0.0-use.local
"""
PNPM_V5 = """\
lockfileVersion: 5.4

dependencies:
  jsonwebtoken: 8.5.1

packages:

  /@nestjs/jwt/10.0.1_abc:
    resolution: {integrity: sha512-x}

  /jsonwebtoken/8.5.1:
    resolution: {integrity: sha512-x}
"""
PNPM_V9 = """\
lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      jsonwebtoken:
        specifier: ^8.5.1
        version: 8.5.1

packages:

  '@nestjs/jwt@10.0.1':
    resolution: {integrity: sha512-x}

  jsonwebtoken@8.5.1:
    resolution: {integrity: sha512-x}

snapshots:

  jsonwebtoken@8.5.1:
    dependencies:
      jws: 3.2.2
"""
BUN = """\
{
  "lockfileVersion": 1,
  "packages": {
    "jsonwebtoken": ["jsonwebtoken@8.5.1", "", { "dependencies": { "jws": "^3.2.2" } }, "sha512-x"],
  }
}
"""


@pytest.fixture
def library() -> Library:
    pyjwt = next(lib for lib in models.load().libraries if lib.id == "pyjwt")
    return replace(
        pyjwt,
        id="jsonwebtoken",
        package="jsonwebtoken",
        ecosystem="npm",
        releases=("8.5.1", "9.0.3"),
    )


def manifest(**ranges: str) -> str:
    return json.dumps({"name": "shop", "dependencies": ranges}, indent=2)


def put(root: Path, files: dict[str, str]) -> Dependencies:
    (root / ".git").mkdir()
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return read(root)


@pytest.mark.parametrize(
    ("written", "standard"),
    [
        ("8.5.1", "==8.5.1"),
        ("v8.5.1", "==8.5.1"),
        ("=8.5.1", "==8.5.1"),
        ("^8.5.1", ">=8.5.1,<9"),
        ("^0.4.0", ">=0.4.0,<0.5"),
        ("^0.0.3", ">=0.0.3,<0.0.4"),
        ("^0", ">=0,<1"),
        ("^8", ">=8,<9"),
        ("~8.5.1", ">=8.5.1,<8.6"),
        ("~8", ">=8,<9"),
        ("8", "==8.*"),
        ("8.x", "==8.*"),
        ("8.5.x", "==8.5.*"),
        (">=8 <9.1", ">=8,<9.1"),
        (">= 8.0.0", ">=8.0.0"),
        (">8", ">=9"),
        (">8.0.0", ">8.0.0"),
        ("<=8.5", "<8.6"),
        ("7.0.0 - 8.2", ">=7.0.0,<8.3"),
        ("^7.1.0 || ^8.0.0", ">=7.1.0,<8 || >=8.0.0,<9"),
        ("^9.0.0-beta.2", ">=9.0.0b2,<10"),
        ("9.0.0-next.1", "==9.0.0.dev0"),
        ("*", ""),
        ("", ""),
        ("x", ""),
        ("^8 || *", ""),
        ("latest", ""),
        ("workspace:*", ""),
        ("catalog:", ""),
        ("file:../jsonwebtoken", ""),
        ("auth0/node-jsonwebtoken#v8.5.1", ""),
        ("https://example.com/jsonwebtoken-8.5.1.tgz", ""),
        ("9" * 5000, ""),
    ],
)
def test_ranges_as_pep_440(written: str, standard: str) -> None:
    assert specifier(written) == standard


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("package-lock.json", LOCK_V1),
        ("package-lock.json", LOCK_V1.replace("  ", "\t")),
        ("package-lock.json", LOCK_V3),
        ("npm-shrinkwrap.json", LOCK_V3.replace("  ", "    ")),
        ("yarn.lock", YARN_V1),
        ("yarn.lock", YARN_BERRY),
        ("pnpm-lock.yaml", PNPM_V5),
        ("pnpm-lock.yaml", PNPM_V9),
        ("pnpm-lock.yaml", PNPM_V9.replace("  jsonwebtoken@8", "  /jsonwebtoken@8")),
        ("bun.lock", BUN),
    ],
)
def test_locked_version(tmp_path: Path, library: Library, name: str, text: str) -> None:
    files = {"package.json": manifest(jsonwebtoken="^8.5.1"), name: text}
    pin = put(tmp_path, files).version(library, "src/app.js")
    assert pin is not None
    assert (str(pin.version), pin.source, pin.exact) == ("8.5.1", name, True)
    line = text.splitlines()[(pin.line or 0) - 1]
    assert "jsonwebtoken" in line


def test_copy_that_was_asked_for(tmp_path: Path, library: Library) -> None:
    files = {"package.json": manifest(jsonwebtoken="^9.0.0"), "yarn.lock": YARN_V1}
    pin = put(tmp_path, files).version(library, "app.js")
    assert str(pin and pin.version) == "9.0.2"


def test_one_lock_for_a_workspace(tmp_path: Path, library: Library) -> None:
    files = {
        "package.json": '{"workspaces": ["packages/*"]}',
        "yarn.lock": YARN_V1,
        "packages/api/package.json": manifest(jsonwebtoken="^9.0.0"),
        "packages/old/package.json": manifest(jsonwebtoken="^8.0.0"),
    }
    found = put(tmp_path, files)
    for package, version in (("api", "9.0.2"), ("old", "8.5.1")):
        pin = found.version(library, f"packages/{package}/src/app.ts")
        assert str(pin and pin.version) == version


@pytest.mark.parametrize(
    ("written", "version"),
    [
        ("^8.5.1", "8.5.1"),
        ("^9.0.0", "9.0.3"),
        (">=8", "9.0.3"),
        ("*", "9.0.3"),
        ("8.5.0", "8.5.0"),
    ],
)
def test_range_means_the_newest_release_inside(
    tmp_path: Path, library: Library, written: str, version: str
) -> None:
    pin = put(tmp_path, {"package.json": manifest(jsonwebtoken=written)}).version(library, "a.js")
    assert str(pin and pin.version) == version


def test_package_of_the_other_registry(tmp_path: Path, library: Library) -> None:
    assert put(tmp_path, {"requirements.txt": "jsonwebtoken==8\n"}).version(library, "a") is None


def test_override_beats_what_is_asked_for(tmp_path: Path, library: Library) -> None:
    text = '{"dependencies": {"jsonwebtoken": "^8"}, "resolutions": {"**/jsonwebtoken": "9.0.1"}}'
    pin = put(tmp_path, {"package.json": text}).version(library, "a.js")
    assert str(pin and pin.version) == "9.0.1"


@pytest.mark.parametrize("text", ["{", "[]", '{"dependencies": []}', '{"dependencies": {"a": {}}}'])
def test_odd_manifests_do_no_harm(tmp_path: Path, library: Library, text: str) -> None:
    assert put(tmp_path, {"package.json": text}).version(library, "a.js") is None


def test_long_lock_files_are_read_in_one_go(tmp_path: Path, library: Library) -> None:
    entry = (
        '    "node_modules/package-%d": {\n      "version": "1.0.%d",\n      "x": "%s"\n    },\n'
    )
    head = '  "packages": {\n'

    def read_lock(count: int) -> None:
        many = "".join(entry % (n, n, "y" * 300) for n in range(count))
        root = tmp_path / str(count)
        root.mkdir()
        found = put(root, {"package-lock.json": LOCK_V3.replace(head, head + many)})
        pin = found.version(library, "a.js")
        assert str(pin and pin.version) == "8.5.1"

    assert grows_with_the_length_alone(read_lock, 20_000)


# -- the rules -----------------------------------------------------------------------------------


def found(files: dict[str, str], rule: str = "JWT801") -> list[tuple[str, int, Confidence]]:
    findings = [f for f in scan(files) if f.rule_id == rule]
    return [(f.location.path, f.location.start_line, f.confidence) for f in findings]


def test_manifest_and_lock_are_one_finding() -> None:
    files = {"package.json": manifest(jsonwebtoken="^8.5.1"), "package-lock.json": LOCK_V3}
    (finding,) = [f for f in scan(files) if f.rule_id == "JWT801"]
    assert (finding.location.path, finding.location.start_line) == ("package.json", 4)
    assert finding.message.startswith("jsonwebtoken ^8.5.1 is open to CVE-2022-2354")
    assert "jsonwebtoken@^9.0.0" in finding.advice
    assert [step.location.path for step in finding.related] == ["package-lock.json"]


def test_workspace_is_told_at_the_package() -> None:
    files = {
        "package.json": '{"workspaces": ["packages/*"]}',
        "yarn.lock": YARN_V1,
        "packages/api/package.json": manifest(jsonwebtoken="^8.5.1"),
        "packages/web/package.json": manifest(jsonwebtoken="^9.0.0"),
    }
    assert found(files) == [("packages/api/package.json", 4, Confidence.MEDIUM)]


def test_copy_of_another_package_is_silent() -> None:
    files = {"package.json": manifest(jsonwebtoken="^9.0.0"), "yarn.lock": YARN_V1}
    assert not found(files)
    assert not found({"package.json": manifest(express="^4.0.0"), "yarn.lock": YARN_V1})


def test_fixed_release_below_the_newest() -> None:
    assert not found({"package.json": manifest(jws="^3.2.2")})
    assert found({"package.json": manifest(jws="3.2.2")})
    assert found({"package.json": manifest(jws="4.0.0")})


def test_package_of_the_other_registry_is_silent() -> None:
    assert not found({"requirements.txt": "jsonwebtoken==8.5.1\n"})
    assert not found({"package.json": manifest(pyjwt="2.3.0")})
