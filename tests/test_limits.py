"""A scan has bounds; where it meets one, it says so, and is not thereby unclean."""

import json
import os

import pytest

from jwtaudit import cli, engine
from jwtaudit.engine import Limits, Options, judging, loading

SIGN = 'import jwt\n\ndef f0(key):\n    return jwt.encode({"exp": 1}, key, algorithm="HS256")\n'


def scan(root, files, **options):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return engine.run(Options(directory=str(root), **options))


def notes(report):
    return [d.message for d in report.diagnostics if d.kind == "limit"]


def wrapped(levels):
    """A signing function behind so many others that hand on its key."""
    callers = [f"\ndef f{n}(key):\n    return f{n - 1}(key)\n" for n in range(1, levels)]
    return SIGN + "".join(callers) + f'\nf{levels - 1}("secret")\n'


def test_calls_behind_many_others(tmp_path):
    report = scan(tmp_path, {"app.py": wrapped(12)})
    assert [note for note in notes(report) if note.endswith("jwt.encode() in app.py")]
    assert not any(diagnostic.error for diagnostic in report.diagnostics)


def test_what_is_followed_to_its_end_is_not_remarked_upon(tmp_path):
    assert notes(scan(tmp_path, {"app.py": wrapped(3)})) == []


def test_imports_that_lead_far(tmp_path):
    files = {f"m{n}.py": f"from m{n + 1} import KEY\n" for n in range(12)}
    files["m12.py"] = 'KEY = "secret"\n'
    files["app.py"] = "from m0 import KEY\n" + SIGN + "\nf0(KEY)\n"
    (note,) = notes(scan(tmp_path, files))
    assert note.startswith("imports were followed")
    assert "m6.py" in note


def test_many_files_that_use_token_code(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "_MAX_IMPORTERS", 2)
    files = {"app/tokens.py": "import jwt\n\ndef issue_it(key):\n    return jwt.encode({}, key)\n"}
    for number in range(6):
        files[f"app/use{number}.py"] = "from app.tokens import issue_it\nissue_it(KEY)\n"
    (note,) = notes(scan(tmp_path, files))
    assert note.endswith("not read: app/use2.py, app/use3.py, app/use4.py and 1 more")


def test_many_files_that_refuse_to_start(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "_MAX_REFUSING", 1)
    files = {
        "app/tokens.py": "import jwt\nfrom app import conf\n"
        'TOKEN = jwt.encode({"exp": 1}, conf.SECRET_KEY)\n',
        "app/conf.py": 'import os\nSECRET_KEY = os.environ.get("SECRET_KEY", "changeme")\n',
    }
    for number in range(3):
        files[f"app/start{number}.py"] = (
            "import sys\nfrom app import conf\n"
            'if conf.SECRET_KEY == "changeme":\n    sys.exit("no key")\n'
        )
    report = scan(tmp_path, files)
    (note,) = notes(report)
    assert note.startswith("only 1 of the files that refuse to start")
    assert note.endswith("not read: app/start1.py, app/start2.py")
    assert not report.findings  # the one that was read refuses the default


def slow(monkeypatch, is_slow):
    """Make the join of some files one that does not end."""
    joined = judging.Judging.join

    def join(run, facts):
        while is_slow({fact.path for fact in facts}):
            pass
        return joined(run, facts)

    monkeypatch.setattr(judging.Judging, "join", join)


@pytest.mark.skipif(os.name == "nt", reason="needs interval timers")
def test_what_matters_is_judged_without_what_only_imports_it(tmp_path, monkeypatch):
    slow(monkeypatch, lambda paths: "app/use.py" in paths)
    files = {
        "app/tokens.py": "import jwt\n\ndef read_it(t):\n    return jwt.decode(t, KEY, ['none'])\n",
        "app/use.py": "from app.tokens import read_it\nread_it(TOKEN)\n",
    }
    report = scan(tmp_path, files, limits=Limits(seconds=0.1))
    assert {finding.location.path for finding in report.findings} == {"app/tokens.py"}
    (note,) = notes(report)
    assert note.startswith("to evaluate all files together took too long")
    assert note.endswith(": app/use.py")
    assert not any(diagnostic.error for diagnostic in report.diagnostics)


@pytest.mark.skipif(os.name == "nt", reason="needs interval timers")
def test_files_that_take_too_long_together_are_halved(tmp_path, monkeypatch):
    slow(monkeypatch, lambda paths: len(paths) > 1)
    files = {f"m{n}.py": SIGN + "#" * n + "\n" for n in range(4)}
    (note,) = notes(scan(tmp_path, files, limits=Limits(seconds=0.1)))
    assert note.endswith(": m1.py, m2.py, m3.py")


@pytest.mark.parametrize("form", ["text", "concise", "json", "jsonl", "sarif", "github"])
def test_every_format_says_so(tmp_path, monkeypatch, capsys, form):
    scan(tmp_path, {"app.py": wrapped(12)})
    monkeypatch.chdir(tmp_path)
    code = cli.main(["--isolated", "--exit-zero", "--output-format", form, "."])
    said = "".join(capsys.readouterr())
    assert "not followed to their beginning" in said
    assert code == cli.CLEAN
    if form == "sarif":
        assert json.loads(said)["runs"][0]["invocations"][0]["executionSuccessful"] is True
