"""Fixing files: what is written, what is shown, and what happens when it cannot be done."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from pathlib import Path

import pytest
from support import fixed

from jwtaudit import discovery
from jwtaudit.cli import main
from jwtaudit.engine.trials import Trials
from jwtaudit.fixes import writing
from jwtaudit.fixes.writing import (
    NotWrittenError,
    Replacement,
    replace_content,
    replace_together,
)

UNSAFE = """\
import jwt
from settings import KEY

old_secret = "correct horse battery staple"


def make(subject, now):
    return jwt.encode({"sub": subject, "exp": now + 600}, KEY, algorithm="HS256")


def read(token):
    return jwt.decode(token, KEY, options={"require": ["exp"]})
"""
SAFE = """\
import jwt


def read(token, key):
    return jwt.decode(token, key, algorithms=["HS256", "none"], options={"require": ["exp"]})
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "unsafe.py").write_bytes(UNSAFE.encode())
    (tmp_path / "safe.py").write_bytes(SAFE.encode())
    (tmp_path / "requirements.txt").write_bytes(b"pyjwt==2.15.1\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments):
    code = main(
        ["--isolated", "--select", "algorithms-not-pinned,none-algorithm-listed", *arguments]
    )
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def unwrapped(text):
    return " ".join(text.replace("│", "").replace("|", "").split())


def test_a_scan_offers_fixes_and_writes_nothing(project, capsys):
    code, out, _ = run(capsys)
    out = unwrapped(out)
    assert code == 1
    assert "fix: Remove `none` from the list (safe: --fix)" in out
    assert "(unsafe: --fix --unsafe-fixes)" in out
    assert "1 can be fixed with --fix, 1 more can be fixed with --fix --unsafe-fixes" in out
    assert (project / "safe.py").read_text() == SAFE
    assert (project / "unsafe.py").read_text() == UNSAFE


def test_fix_carries_out_safe_fixes_only(project, capsys):
    code, out, _ = run(capsys, "--fix", "--show-fixes")
    assert code == 1
    assert "fixed safe.py:5:56 JWT115 none-algorithm-listed: Remove `none` from the list" in out
    assert "1 fixed, 1 can be fixed with --fix --unsafe-fixes" in out
    assert (project / "safe.py").read_text() == SAFE.replace(', "none"', "")
    assert (project / "unsafe.py").read_text() == UNSAFE


def test_unsafe_fixes_leave_nothing(project, capsys):
    code, out, _ = run(capsys, "--fix", "--unsafe-fixes")
    assert code == 0
    assert "2 fixed" in out
    assert 'algorithms=["HS256"])' in (project / "unsafe.py").read_text()
    assert run(capsys, "--fix", "--unsafe-fixes")[0] == 0


def test_diff_shows_and_writes_nothing(project, capsys):
    code, out, _ = run(capsys, "--diff", "--unsafe-fixes")
    assert code == 1
    assert '-    return jwt.decode(token, key, algorithms=["HS256", "none"]' in out
    assert (
        '+    return jwt.decode(token, KEY, options={"require": ["exp"]}, algorithms=["HS256"])'
        in out
    )
    assert "horse" not in out
    assert (project / "safe.py").read_text() == SAFE


def test_a_diff_can_be_applied(project, capsys):
    _, out, _ = run(capsys, "--diff")
    (project / "p.diff").write_text(out)
    assert os.system("patch -p1 -s < p.diff") == 0
    assert (project / "safe.py").read_text() == SAFE.replace(', "none"', "")


def test_a_diff_says_what_it_does_not_show(project, capsys):
    (project / "broken.py").write_text("import jwt\njwt.decode(token, key\n")
    code, out, err = run(capsys, "--diff")
    assert code == 2
    assert "+    return jwt.decode" in out
    assert "error[unparsable] broken.py:2: syntax error" in err


def test_json_and_sarif_carry_the_edits(project, capsys):
    document = json.loads(run(capsys, "--output-format", "json")[1])
    [finding] = [f for f in document["findings"] if f["rule_id"] == "JWT115"]
    [edit] = finding["fix"]["edits"]
    data = (project / "safe.py").read_bytes()
    start, end = edit["location"]["start_byte"], edit["location"]["end_byte"]
    assert (
        data[:start] + edit["text"].encode() + data[end:] == SAFE.replace(', "none"', "").encode()
    )
    assert document["statistics"]["fixes"] is True
    log = json.loads(run(capsys, "--output-format", "sarif")[1])
    fixes = [f for r in log["runs"][0]["results"] for f in r.get("fixes", ())]
    assert len(fixes) == 2
    assert {f["description"]["text"].rpartition("(")[2] for f in fixes} == {
        "safe fix)",
        "unsafe fix)",
    }


def test_a_file_that_cannot_be_written_is_an_error_and_the_rest_goes_on(
    project, capsys, monkeypatch
):
    (project / "a.py").write_bytes(SAFE.encode())
    monkeypatch.setattr(writing.os, "access", lambda path, _: path.name != "a.py")
    code, out, _ = run(capsys, "--fix")
    assert code == 2
    assert "error[not-fixed] a.py: not fixed: it is read-only; make it writable" in out
    assert "JWT115" in out
    assert (project / "a.py").read_text() == SAFE
    assert (project / "safe.py").read_text() != SAFE


def test_a_file_that_cannot_be_read_is_said_once(project, capsys, monkeypatch):
    (project / "a.py").write_bytes(b"import os\n")
    (project / "b.py").write_bytes(b'import jwt\nKEY = "changeme"\njwt.decode(T, KEY, ["HS256"])\n')
    read = discovery.read

    def refuse(path, limit):
        if path.endswith("a.py"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return read(path, limit)

    monkeypatch.setattr(discovery, "read", refuse)
    code = main(["--isolated"])
    out = capsys.readouterr().out
    assert code == 2
    assert out.count("error[unreadable] a.py: cannot be read: Permission denied") == 1


def test_suppressed_findings_are_not_fixed(project, capsys):
    text = SAFE.replace('["exp"]})', '["exp"]})  # jwtaudit: ignore[JWT115] -- legacy')
    (project / "safe.py").write_text(text)
    run(capsys, "--fix")
    assert (project / "safe.py").read_text() == text


@pytest.mark.parametrize(
    "arguments", [["--fix", "-"], ["--diff", "-"], ["--diff", "--output-format", "json"]]
)
def test_contradictions(project, capsys, arguments):
    assert run(capsys, *arguments)[0] == 2


# -- writing ---------------------------------------------------------------------------------------


def test_mode_and_link_stay(tmp_path):
    real = tmp_path / "real.py"
    real.write_bytes(b"old")
    real.chmod(0o755)
    link = tmp_path / "link.py"
    link.symlink_to(real)
    replace_content(link, b"old", b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o755
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.py", "real.py"]


def test_hard_links_and_changed_files_are_left_alone(tmp_path):
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    with pytest.raises(NotWrittenError, match="changed since"):
        replace_content(file, b"other", b"new")
    (tmp_path / "b.py").hardlink_to(file)
    with pytest.raises(NotWrittenError, match="hard links"):
        replace_content(file, b"old", b"new")
    file.chmod(0o444)
    assert file.read_bytes() == b"old"


def test_a_file_that_changes_while_it_is_written_keeps_the_change(tmp_path, monkeypatch):
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    fill = writing._fill

    def meanwhile(number, content):
        fill(number, content)
        file.write_bytes(b"edited")

    monkeypatch.setattr(writing, "_fill", meanwhile)
    with pytest.raises(NotWrittenError):
        replace_content(file, b"old", b"new")
    assert file.read_bytes() == b"edited"
    assert [p.name for p in tmp_path.iterdir()] == ["a.py"]


CALLS = [
    "open",
    "write",
    "fsync",
    "close",
    "chmod",
    "rename",
    "replace",
    "stat",
    "access",
    "unlink",
]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("name", CALLS)
def test_a_failure_of_any_system_call_leaves_old_or_new(tmp_path, monkeypatch, name, nth, error):
    file = tmp_path / "a.py"
    file.write_bytes(b"old" * 100)
    real, calls = getattr(os, name), []

    def failing(*arguments, **named):
        calls.append(1)
        if len(calls) == nth:
            if name == "close":
                real(*arguments)
            raise error
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, name, failing)
        with contextlib.suppress(NotWrittenError, KeyboardInterrupt):
            replace_content(file, b"old" * 100, b"new" * 100)
    assert file.read_bytes() in (b"old" * 100, b"new" * 100)


def test_short_writes_are_completed(tmp_path, monkeypatch):
    file = tmp_path / "a.py"
    file.write_bytes(b"old")
    write = os.write
    monkeypatch.setattr(os, "write", lambda number, view: write(number, view[:2]))
    replace_content(file, b"old", b"something longer")
    assert file.read_bytes() == b"something longer"


# -- several files ---------------------------------------------------------------------------------


def _three(tmp_path):
    files = [tmp_path / name for name in ("a.py", "b.py", "c.py")]
    for file in files:
        file.write_bytes(b"old")
    return files, [Replacement(file, b"old", b"new") for file in files]


def _contents(files):
    return [file.read_bytes() for file in files]


def test_files_are_replaced_together(tmp_path):
    files, replacements = _three(tmp_path)
    replace_together(replacements)
    assert _contents(files) == [b"new"] * 3
    assert sorted(tmp_path.iterdir()) == files


def test_where_one_is_not_as_it_was_none_is_replaced(tmp_path):
    files, replacements = _three(tmp_path)
    files[1].write_bytes(b"edited")
    with pytest.raises(NotWrittenError) as caught:
        replace_together(replacements)
    assert caught.value.path == files[1]
    assert _contents(files) == [b"old", b"edited", b"old"]
    assert sorted(tmp_path.iterdir()) == files


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("name", [name for name in CALLS if name != "unlink"])
def test_where_one_fails_none_is_replaced(tmp_path, monkeypatch, name, nth, error):
    files, replacements = _three(tmp_path)
    real, calls = getattr(os, name), []

    def failing(*arguments, **named):
        calls.append(1)
        if len(calls) == nth:
            if name == "close":
                real(*arguments)
            raise error
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, name, failing)
        with contextlib.suppress(NotWrittenError, KeyboardInterrupt):
            replace_together(replacements)
    assert _contents(files) in ([b"old"] * 3, [b"new"] * 3)
    assert sorted(tmp_path.iterdir()) == files


def test_what_cannot_be_put_back_is_said(tmp_path, monkeypatch):
    files, replacements = _three(tmp_path)
    real = os.replace
    done = []

    def once(source, target):
        if done:
            raise OSError(errno.EIO, "Input/output error")
        done.append(target)
        real(source, target)

    monkeypatch.setattr(os, "rename", once)
    monkeypatch.setattr(os, "replace", once)
    monkeypatch.setattr(Path, "replace", once)  # which keeps a function of its own in Python 3.10
    with pytest.raises(NotWrittenError, match="Input/output error") as caught:
        replace_together(replacements)
    assert caught.value.path == files[1]
    assert caught.value.left == (files[0],)
    assert _contents(files) == [b"new", b"old", b"old"]


OPTIONS = 'OPTIONS = {"verify_signature": False}\n'
APP = """\
import os

import jwt

from options import OPTIONS

KEY = os.environ["KEY"]


def make(user, now):
    return jwt.encode({"sub": user.id, "exp": now + 600}, KEY, algorithm="HS256")


def load(request):
    claims = jwt.decode(request.headers["Authorization"], KEY, options=OPTIONS)
    return User.query.get(claims["sub"])
"""


def test_a_fix_of_two_files_is_written_to_both_or_to_none(tmp_path, capsys, monkeypatch):
    (tmp_path / "options.py").write_text(OPTIONS)
    (tmp_path / "app.py").write_text(APP)
    monkeypatch.chdir(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(writing.os, "access", lambda path, _: path.name != "options.py")
        code = main(["--isolated", "--fix", "--unsafe-fixes"])
    out = capsys.readouterr().out
    assert code == 2
    assert "error[not-fixed] options.py: not fixed: it is read-only" in out
    assert "error[not-fixed] app.py: not fixed: the same fix changes options.py" in out
    assert (tmp_path / "app.py").read_text() == APP
    assert main(["--isolated", "--fix", "--unsafe-fixes"]) == 0
    assert (tmp_path / "options.py").read_text() == 'OPTIONS = {"require": ["exp"]}\n'
    assert 'algorithms=["HS256"]' in (tmp_path / "app.py").read_text()


# -- fixes that are handed out one by one ----------------------------------------------------------


@pytest.mark.parametrize("alone", [True, False])
def test_a_report_says_which_fixes_hold_by_themselves(project, capsys, monkeypatch, alone):
    tried = Trials.carried_out

    def carried_out(trials, batch, edits):
        batch = list(batch)
        return tried(trials, batch, edits) if alone or len(batch) > 1 else frozenset({"app.py"})

    monkeypatch.setattr(Trials, "carried_out", carried_out)
    found = json.loads(run(capsys, "--output-format", "json")[1])["findings"]
    assert [finding["fix"]["alone"] for finding in found] == [alone, alone]
    (sarif,) = json.loads(run(capsys, "--output-format", "sarif")[1])["runs"]
    assert [bool(result.get("fixes")) for result in sarif["results"]] == [alone, alone]


@pytest.fixture
def batches(monkeypatch):
    """The fixes that are tried together."""
    found = []
    tried = Trials.carried_out

    def carried_out(trials, batch, edits):
        found.append(list(batch))
        return tried(trials, found[-1], edits)

    monkeypatch.setattr(Trials, "carried_out", carried_out)
    return found


def test_a_text_report_tries_no_fix_twice(project, capsys, batches):
    run(capsys)
    assert len(batches) == 1


MODULE = """\
import os

import jwt

KEY = os.environ["KEY_{i}"]


def mint(user):
    return jwt.encode({"sub": user.id, "exp": user.until}, KEY, algorithm="HS256")


def current(token):
    return jwt.decode(token, KEY, algorithms=["HS256", "none"], options={"verify_exp": False})


def look(token):
    return jwt.decode(token, KEY, options={"verify_signature": False})["sub"]
"""
"""The first cure of what is not checked brings another finding, which is one for all files."""


def _modules(count):
    return {f"m{i}.py": MODULE.replace("{i}", str(i)).encode() for i in range(count)}


def test_more_files_take_no_more_trials(batches):
    tried = []
    for count in (8, 24):
        batches.clear()
        assert len(fixed(_modules(count))) == count
        tried.append(len(batches))
    assert tried[0] == tried[1]


def test_which_fixes_hold_by_themselves_takes_few_trials_more(tmp_path, batches, capsys):
    for path, content in _modules(12).items():
        (tmp_path / path).write_bytes(content)
    tried = []
    for form in ("text", "json"):
        batches.clear()
        main(
            ["--isolated", "--exit-zero", "--show-fixes", f"--output-format={form}", str(tmp_path)]
        )
        tried.append(len(batches))
    found = json.loads(capsys.readouterr().out.partition("\n{")[2].join(["{", ""]))["findings"]
    assert all(finding["fix"]["alone"] for finding in found)
    assert tried[1] - tried[0] < len(found) / 2


def test_a_pin_is_not_raised_beyond_what_another_manifest_allows():
    files = {
        "requirements.txt": "PyJWT==1.7.1\n",
        "setup.py": 'from setuptools import setup\n\nsetup(install_requires=["PyJWT>=1.7,<2"])\n',
    }
    assert fixed(files) == {}


@pytest.mark.parametrize(
    ("beside", "raised"),
    [
        ("Flask-JWT-Extended==3.25.1\nPyJWT==1.7.1\n", ""),
        ("Flask-JWT-Extended==4.7.1\nPyJWT==2.6.0\n", "PyJWT==2."),
        ("Django==4.0\ndjangorestframework-simplejwt==5.2.2\n", ""),
        ("Django==4.2.20\ndjangorestframework-simplejwt==5.2.2\n", "simplejwt==5.5"),
        ("djangorestframework-simplejwt==5.2.2\n", "simplejwt==5.5"),
    ],
)
def test_a_pin_is_not_raised_beyond_what_a_library_beside_it_goes_with(beside, raised):
    code = "from flask_jwt_extended import create_access_token\n"
    after = fixed({"requirements.txt": beside, "app.py": code}).get("requirements.txt", b"")
    assert raised in after.decode()
    assert bool(after) == bool(raised)


def test_a_version_is_not_raised_while_a_call_would_be_refused():
    files = {
        "package.json": '{\n  "dependencies": {\n    "express-jwt": "5.3.1"\n  }\n}\n',
        "app.js": 'const guard = require("express-jwt");\n\n'
        "exports.guard = guard({ secret: process.env.SECRET });\n",
    }
    assert fixed(files) == {}
    files["app.js"] = files["app.js"].replace("SECRET }", 'SECRET, algorithms: ["HS256"] }')
    assert b'"express-jwt": "6.0.0"' in fixed(files)["package.json"]


def test_a_long_line_that_loses_an_argument_and_gets_one():
    code = (
        "import os\n\nimport jwt\nfrom flask import g, request\n\n\ndef load():\n"
        '    g.user = jwt.decode(request.headers["T"], os.environ["K"], algorithms=["HS256"],'
        ' verify=False)["sub"]\n'
    )
    files = {"app.py": code, "requirements.txt": "PyJWT==1.7.1\n"}
    assert (
        fixed(files)["app.py"]
        .decode()
        .endswith(
            '        algorithms=["HS256"],\n        options={"require_exp": True},\n    )["sub"]\n'
        )
    )


def test_an_empty_mapping_that_is_spread_out_goes():
    code = (
        "import jwt\nfrom keys import KEY\n\n\ndef read(token):\n"
        '    return jwt.decode(token, KEY, algorithms=["HS256"], **{"verify_exp": False})\n'
    )
    files = {"app.py": code, "requirements.txt": "PyJWT==2.15.1\n"}
    assert b"**" not in fixed(files)["app.py"]


def test_an_import_that_nothing_uses_any_more_goes():
    code = (
        "import string\nfrom random import choice, seed\n\nimport jwt\n\n"
        'KEY = "".join(choice(string.ascii_letters) for _ in range(32))\nseed(1)\n\n\n'
        'def read(token):\n    return jwt.decode(token, KEY, algorithms=["HS256"])\n'
    )
    lines = fixed({"app.py": code})["app.py"].decode().splitlines()
    assert lines[:5] == ["import os", "from random import seed", "", "import jwt", ""]
