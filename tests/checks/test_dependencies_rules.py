"""What pages cannot say about dependencies: messages, places, one finding for one cause."""

from __future__ import annotations

import re

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from support import scan

from jwtaudit.finding import Confidence
from jwtaudit.program.advisories import abandoned, advisories

ADVISORIES = [advisory for rows in advisories().values() for advisory in rows]


def found(files, rule="JWT801"):
    return [f for f in scan(files) if f.rule_id == rule]


def places(findings):
    return [(f.location.path, f.location.start_line, f.confidence) for f in findings]


def test_message_tells_version_fault_and_fix():
    (finding,) = found({"requirements.txt": "python-jose==3.3.0\n"})
    assert finding.message.startswith("python-jose 3.3.0 is open to CVE-2024-33663: ")
    assert "(fixed in 3.4.0); also to CVE-2024-33664" in finding.message
    assert "python-jose>=3.4.0" in finding.advice


def test_place_is_what_the_line_says():
    text = "-r base.txt\n  PyJWT[crypto]==1.7.1 ; python_version > '3'  # pinned\n"
    (finding,) = found({"requirements.txt": text})
    location = finding.location
    assert (location.start_line, location.start_column) == (2, 3)
    assert location.end_column == 3 + len("PyJWT[crypto]==1.7.1 ; python_version > '3'")


def test_many_entries_on_one_line():
    one, two = '"pyjwt": {"version": "==1.7.1"}', '"python-jose": {"version": "==3.2.0"}'
    text = f'{{"default": {{{one}, {two}}}, "develop": {{}}}}\n'
    spans = {
        (f.location.start_column, f.location.end_column) for f in found({"Pipfile.lock": text})
    }
    starts = [text.index(one) + 1, text.index(two) + 1]
    assert spans == {(starts[0], starts[0] + len(one)), (starts[1], starts[1] + len(two))}


def test_included_file_is_told_once():
    files = {
        "requirements.txt": "-r base-requirements.txt\n",
        "base-requirements.txt": "pyjwt==2.0\n",
    }
    assert places(found(files)) == [("base-requirements.txt", 1, Confidence.MEDIUM)]


def test_utf16():
    (finding,) = found({"requirements.txt": "a==1\r\npyjwt==2.0.1\r\n".encode("utf-16")})
    assert finding.location.start_line == 2


def test_what_tests_need_as_well_is_told_once():
    files = {"requirements.txt": "pyjwt==2.0\n", "requirements-dev.txt": "pytest\npyjwt==2.0\n"}
    (finding,) = found(files)
    assert finding.location.path == "requirements.txt"
    assert [step.location.path for step in finding.related] == ["requirements-dev.txt"]


def test_projects_side_by_side_are_told_apart():
    files = {"a/requirements.txt": "pyjwt==2.0\n", "b/requirements.txt": "pyjwt==2.15.1\n"}
    assert places(found(files)) == [("a/requirements.txt", 1, Confidence.MEDIUM)]


def test_exposed_call_is_related():
    code = (
        "import jwt\n\n\ndef read(token, key):\n"
        "    return jwt.decode(token, key, ['HS256', 'RS256'])\n"
    )
    (finding,) = found({"requirements.txt": "pyjwt==2.3.0\n", "app.py": code})
    assert finding.confidence is Confidence.HIGH
    assert ("app.py", 5) in [(s.location.path, s.location.start_line) for s in finding.related]


@pytest.mark.parametrize(
    ("specifier", "is_reported"),
    [
        ("<2", True),
        ("~=2.3.0", True),
        (">=1.5,<2.4", True),
        ("==2.3.*", True),
        (">=2.3", False),
        (">=2,<3", False),
        ("", False),
        ("~=2.15", False),
        ("!=2.3.0", False),
    ],
)
def test_ranges(specifier, is_reported):
    assert bool(found({"requirements.txt": f"pyjwt{specifier}\n"})) == is_reported


def test_setup_py_and_setup_cfg():
    setup = "from setuptools import setup\nsetup(install_requires=['PyJWT>=1.5.2,<2.0.0'])\n"
    program = "import jwt\n"  # a setup.py alone is a program that knows no token
    assert [f.location.start_line for f in found({"setup.py": setup, "app.py": program})] == [2]
    cfg = "[options]\ninstall_requires =\n    pyjwt<2\n"
    assert [f.location.start_line for f in found({"setup.cfg": cfg})] == [3]


def test_comment_silences():
    text = "pyjwt==1.7.1  # jwtaudit: ignore[JWT801] no public keys here\n"
    assert not found({"requirements.txt": text})


def test_two_packages_with_one_module():
    code = (
        "import jwt\n\n\ndef read(t, key):\n    return jwt.decode(t, key, algorithms=['HS256'])\n"
    )
    files = {"requirements.txt": "jwt==1.4.0\nPyJWT==2.15.1\n", "app.py": code}
    (finding,) = found(files, "JWT802")
    assert finding.location.start_line == 1
    assert "Remove `jwt`" in finding.advice


# -- the table -----------------------------------------------------------------------------------


@pytest.mark.parametrize("advisory", ADVISORIES, ids=lambda a: a.ids[0])
def test_advisory_is_well_formed(advisory):
    assert re.fullmatch(r"(CVE-\d{4}-\d{4,}|GHSA(-\w{4}){3})", advisory.ids[0])
    assert not any(
        Version(advisory.fixed) in SpecifierSet(part) for part in advisory.affected.split("||")
    )
    assert advisory.weight in range(5)
    assert advisory.effect[0].islower() or advisory.effect.startswith(("HMAC", "PyJWKClient"))
    assert not advisory.effect.endswith(".")


def test_tables_do_not_repeat_themselves():
    ids = [identity for advisory in ADVISORIES for identity in advisory.ids]
    assert len(ids) == len(set(ids))
    assert all(gone.successor and gone.why for gone in abandoned().values())
