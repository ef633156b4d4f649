"""The command line: what is said, where, and with which exit code."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import jwtaudit
from jwtaudit import cli, config, output

RULE, NAME = "JWT301", "missing-expiry"
FAULT = (
    'import jwt\n\n\ndef issue(key):\n    return jwt.encode({"sub": "1"}, key, algorithm="HS256")\n'
)
PACKAGE = Path(jwtaudit.__file__).parent.parent
FORMATS = output.names()


@pytest.fixture(autouse=True)
def _surroundings(tmp_path, monkeypatch):
    for name in ("CI", "NO_COLOR", "COLUMNS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(config, "_home", lambda: tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(capsys):
    def run(*arguments):
        code = cli.main(
            ["--select", RULE, *arguments] if arguments[:1] != ("=",) else arguments[1:]
        )
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return run


def spawn(*arguments, cwd, python=(), **options):
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONSAFEPATH": ""}
    return subprocess.run(
        [sys.executable, *python, "-m", "jwtaudit", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


# -- exit codes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("output_format", FORMATS)
def test_exit_code_is_the_same_in_every_format(tmp_path, run, output_format):
    style = ("--output-format", output_format)
    (tmp_path / "a.py").write_text("import os\n")
    assert run(".", *style)[0] == 0
    (tmp_path / "a.py").write_text(FAULT)
    assert run(".", *style)[0] == 1
    assert run(".", *style, "--exit-zero")[0] == 0
    (tmp_path / "b.py").write_text("import jwt\ndef f(:\n")
    code, out, _ = run(".", *style)
    assert code == 2
    assert "b.py" in out, "a file that could not be analysed is listed"
    assert RULE in out
    assert run(".", *style, "--exit-zero")[0] == 2


def test_threshold(tmp_path, run):
    from jwtaudit import catalog
    from jwtaudit.finding import Severity

    (tmp_path / "a.py").write_text(FAULT)
    severity = catalog.load().find(RULE).severity
    assert run(".", "--fail-on", severity.label)[0] == 1
    if severity < Severity.CRITICAL:
        above = Severity(severity + 1).label
        code, out, _ = run(".", "--fail-on", above)
        assert (code, RULE in out) == (0, True)
        code, out, _ = run(".", "--min-severity", above)
        assert (code, RULE in out) == (0, False)


def test_check_is_the_default(tmp_path, run):
    (tmp_path / "a.py").write_text(FAULT)
    assert run("a.py") == run("=", "check", "a.py", "--select", RULE)


def test_no_files_is_said(tmp_path, run):
    code, out, _ = run(".")
    assert code == 0
    assert "No files matched" in out
    (tmp_path / "a.py").write_text("")
    assert "No files matched" not in run(".")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "no such file or directory: nowhere"),
        (["ruls"], "did you mean the command 'rules'?"),
        (["a.py", "nowhere"], "no such file or directory: nowhere"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["--sel", "JWT101"], "unrecognized arguments: --sel"),
        (["--select", "JWT999"], "unknown rule selector"),
        (["--jobs", "0"], "a number from 1"),
        (["--fail-on", "severe"], "invalid choice: 'severe'"),
        (["--output-format", "xml"], "invalid choice: 'xml'"),
        (["--stdin-filename", "a.py", "."], "--stdin-filename goes with the path -"),
        (["-", "a.py"], "- stands alone"),
        (["--config", "x.toml", "--isolated"], "exclude each other"),
        (["--quiet", "--verbose"], "exclude each other"),
        (["--config", "x.toml"], "x.toml: cannot be read"),
        (["--output", "nowhere/x.json"], "no such directory"),
        (["--output", "."], "is a directory"),
        (["--show-secrets"], "for a terminal only"),
        (["explain"], "RULE"),
        (["explain", "JWT999"], "unknown rule 'JWT999'"),
        (["explain", "misssing-expiry"], f"did you mean '{NAME}'?"),
        (["rules", "x"], "unrecognized arguments: x"),
        (["\x1b[31m\n::error::x"], "no such file or directory: \\x1b[31m\\n"),
    ],
)
def test_wrong_usage_is_one_line(tmp_path, run, arguments, message):
    (tmp_path / "a.py").write_text("")
    code, out, err = run("=", *arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.startswith("jwtaudit: error: ")
    assert err.count("\n") == 1
    assert "\x1b" not in err


def test_a_surprise_is_one_line_without_content(tmp_path, run, monkeypatch):
    from jwtaudit import engine

    def fail(*_):
        raise ZeroDivisionError("hunter2")

    monkeypatch.setattr(engine, "run", fail)
    code, _, err = run(".")
    assert code == 2
    assert err.startswith("jwtaudit: internal error: ZeroDivisionError at test_cli.py:")
    assert "hunter2" not in err


# -- help, version, pages ------------------------------------------------------------------------


def test_version(run):
    assert run("=", "--version") == (0, f"jwtaudit {jwtaudit.__version__}\n", "")


def test_help_names_every_format_and_fits(run, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    assert ", ".join(FORMATS) in text.replace("\n" + " " * 28, " ")
    assert all(len(line) <= 100 for line in text.splitlines())
    assert "jwtaudit explain RULE" in text


def test_rules(run):
    from jwtaudit import catalog

    code, out, _ = run("=", "rules")
    assert code == 0
    assert [line[:6] for line in out.splitlines()] == [rule.id for rule in catalog.load().rules]


@pytest.mark.parametrize("key", [RULE, RULE.lower(), NAME])
def test_explain(run, key):
    code, out, _ = run("=", "explain", key)
    assert code == 0
    assert out.startswith(f"{RULE} {NAME}")
    assert "\x1b" not in out
    assert out.count("\n") < 200  # to be read on a terminal
    everything = run("=", "explain", "--all", key)[1]
    assert everything.count("\n") > out.count("\n")


def test_path_called_like_a_command(tmp_path, run):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/a.py").write_text(FAULT)
    for arguments in (["check", "rules"], ["./rules"]):
        code, out, _ = run("=", *arguments, "--select", RULE, "--output-format", "concise")
        assert code == 1
        assert "rules/a.py" in out
    assert run("=", "rules")[0] == 0


# -- configuration -------------------------------------------------------------------------------


def test_configuration_of_what_is_scanned(tmp_path, run):
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    (project / "src/a.py").write_text(FAULT)
    (project / "pyproject.toml").write_text(f'[tool.jwtaudit]\nignore = ["{RULE}"]\n')
    code, out, err = run("=", "project/src", "--output-format", "concise")
    assert RULE not in out
    # What weakens the scan is told without being asked.
    assert err == "jwtaudit: project/pyproject.toml sets ignore\n"
    assert RULE in run("=", "project/src", "--isolated")[1]
    code, out, err = run("project/src")  # --select on the command line wins over the file
    assert code == 1
    assert run("project/src", "--quiet")[2] == ""


def test_verbose_tells_the_configuration(tmp_path, run):
    (tmp_path / "jwtaudit.toml").write_text("jobs = 1\n")
    (tmp_path / "a.py").write_text("")
    assert run(".")[2] == ""
    assert run(".", "-v")[2] == "jwtaudit: jwtaudit.toml sets jobs\n"


def test_wrong_configuration(tmp_path, run):
    (tmp_path / "pyproject.toml").write_text('[tool.jwtaudit]\nfail_on = "low"\n')
    (tmp_path / "a.py").write_text("")
    code, _, err = run(".")
    assert code == 2
    assert "pyproject.toml:2: unknown key tool.jwtaudit.fail_on; did you mean 'fail-on'?" in err
    assert run(".", "--isolated")[0] == 0


def test_wrong_format_in_the_configuration(tmp_path, run):
    (tmp_path / "jwtaudit.toml").write_text('output-format = "xml"\n')
    code, _, err = run(".")
    assert code == 2
    assert "jwtaudit.toml: output-format must be one of concise" in err


def test_wrong_model_of_a_project(tmp_path, run):
    (tmp_path / "m.toml").write_text("schema = 1\n[libary]\n")
    (tmp_path / "jwtaudit.toml").write_text('library-models = ["m.toml"]\n')
    (tmp_path / "a.py").write_text("")
    code, _, err = run(".")
    assert code == 2
    assert "m.toml" in err


def test_excludes_on_the_command_line(tmp_path, run):
    for name in ("a.py", "gen/b.py", "build/c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(FAULT)

    def seen(*arguments):
        out = run(*arguments, "--output-format", "json")[1]
        return [finding["location"]["path"] for finding in json.loads(out)["findings"]]

    assert seen(".") == ["a.py", "gen/b.py"]
    assert seen(".", "--extend-exclude", "gen,x") == ["a.py"]
    assert seen(".", "--exclude", "gen") == ["a.py", "build/c.py"]
    assert seen("build/c.py", "a.py") == ["a.py", "build/c.py"]
    assert seen("build/c.py", "a.py", "--force-exclude") == ["a.py"]


def test_gitignore_can_be_disregarded(tmp_path, run):
    (tmp_path / "a.py").write_text(FAULT)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("a.py\n")
    assert run(".")[0] == 0
    assert run(".", "--no-respect-gitignore")[0] == 1


# -- output --------------------------------------------------------------------------------------


def test_stdin(tmp_path, run, monkeypatch):
    for arguments, path in ((["--stdin-filename", "src/x.py"], "src/x.py"), ([], "stdin.py")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FAULT.encode())))
        code, out, _ = run("-", *arguments, "--output-format", "concise")
        assert code == 1
        assert path in out


def test_output_file_is_replaced_at_once(tmp_path, run, monkeypatch):
    (tmp_path / "a.py").write_text(FAULT)
    target = tmp_path / "out.json"
    target.write_text("old")
    target.chmod(0o640)
    code, out, _ = run("a.py", "--output-format", "json", "--output", "out.json")
    assert (code, out) == (1, "")
    assert json.loads(target.read_text())["findings"]
    assert os.name == "nt" or target.stat().st_mode & 0o777 == 0o640

    def fail(report, rules, stream, options):
        stream.write("half")
        raise ZeroDivisionError

    monkeypatch.setattr(output, "find", lambda _: fail)
    assert run("a.py", "--output", "out.json")[0] == 2
    assert json.loads(target.read_text())["findings"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.py", "out.json"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX devices")
def test_output_to_a_device(tmp_path, run):
    (tmp_path / "a.py").write_text(FAULT)
    assert run("a.py", "--output", os.devnull)[0] == 1
    assert not Path(os.devnull).is_file()


def test_statistics(tmp_path, run):
    (tmp_path / "a.py").write_text(FAULT)
    code, out, _ = run("a.py", "--statistics")
    assert code == 1
    assert NAME in out
    assert "a.py" not in out


def test_quiet(tmp_path, run):
    (tmp_path / "a.py").write_text("import os\n")
    assert run("a.py", "--quiet") == (0, "", "")


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals")
@pytest.mark.parametrize(
    ("arguments", "environment", "colored", "masked"),
    [
        ([], {}, True, True),
        (["--no-color"], {}, False, True),
        ([], {"NO_COLOR": "1"}, False, True),
        (["--show-secrets"], {}, True, False),
    ],
)
def test_terminal(tmp_path, arguments, environment, colored, masked):
    import pty

    secret = "correct-horse-battery"
    (tmp_path / "a.py").write_text(FAULT.replace(", key,", f', "{secret}",'))
    parent, child = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k not in {"CI", "NO_COLOR", "COLUMNS"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "jwtaudit", "a.py", "--select", RULE, *arguments],
        cwd=tmp_path,
        env={**env, "PYTHONPATH": str(PACKAGE), "TERM": "xterm", **environment},
        stdin=child,
        stdout=child,
        stderr=subprocess.DEVNULL,
    )
    os.close(child)
    text = b""
    while True:
        try:
            chunk = os.read(parent, 4096)
        except OSError:
            break
        if not chunk:
            break
        text += chunk
    os.close(parent)
    assert process.wait() == 1
    assert (b"\x1b[" in text) is colored
    assert (secret.encode() in text) is not masked


# -- processes -----------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
def test_closed_pipe_is_quiet(tmp_path):
    (tmp_path / "a.py").write_text(FAULT)
    command = f"{sys.executable} -m jwtaudit a.py --select {RULE} | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout == "1\n"


@pytest.fixture
def interruptible():
    """A child of a process that ignores interrupts, such as one in the background, does so, too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_interruption_is_one_line(tmp_path):
    os.mkfifo(tmp_path / "slow")
    with subprocess.Popen(
        [sys.executable, "-m", "jwtaudit", "-"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == cli.INTERRUPTED
        assert process.stderr is not None
        assert process.stderr.read() == "jwtaudit: interrupted\n"


SLOW = """\
import sys, time
sys.path.insert(0, sys.argv[1])
from jwtaudit import cli
from jwtaudit.fixes import writing

def fill(number, content):
    print("writing", flush=True)
    time.sleep(20)

writing._fill = fill
sys.argv[1:] = ["--isolated", "--fix", "-q"]
cli.run()
"""


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize(
    ("name", "said"),
    [("SIGINT", "interrupted"), ("SIGTERM", "terminated"), ("SIGHUP", "terminated")],
)
def test_a_signal_leaves_no_half_written_file(tmp_path, name, said):
    number = getattr(signal, name)
    code = (
        'import jwt\njwt.decode(T, K, algorithms=["HS256", "none"], options={"require": ["exp"]})\n'
    )
    (tmp_path / "app.py").write_text(code)
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, str(PACKAGE)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "writing\n"
        assert len(list(tmp_path.iterdir())) == 2
        process.send_signal(number)
        assert process.wait(timeout=20) == 128 + number
        assert process.stderr.read() == f"jwtaudit: {said}\n"
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]
    assert (tmp_path / "app.py").read_text() == code


def test_nothing_of_the_scanned_project_is_imported(tmp_path):
    """Also not by the workers: the file in ``nested`` goes to one."""
    for name in (
        *(
            "jwt",
            "libcst",
            "tomli",
            "rich",
            "pathspec",
            "packaging",
            "json",
            "pickle",
            "ast",
            "yaml",
        ),
        *("tree_sitter", "subprocess", "threading", "concurrent", "dataclasses", "unicodedata"),
    ):
        (tmp_path / f"{name}.py").write_text(f"open('imported-{name}', 'w')\nimport jwt\n")
    (tmp_path / "sitecustomize.py").write_text("open('imported-sitecustomize', 'w')\n")
    fault = FAULT.replace("import jwt", "from jose import jwt")
    (tmp_path / "a.py").write_text(fault)
    (tmp_path / "nested.py").write_text(fault + "x = " + "(" * 300 + ")" * 300 + "\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("x\n")
    done = spawn(".", "--output-format", "concise", cwd=tmp_path)
    assert RULE in done.stdout
    assert sorted(tmp_path.glob("imported-*")) == []


def modules_after(cwd, *arguments):
    code = (
        "import sys; sys.argv[0] = 'jwtaudit'; from jwtaudit.cli import main;"
        "main(sys.argv[1:]); print('\\n' + ' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.splitlines()[-1].split())


def test_version_imports_next_to_nothing(tmp_path):
    loaded = modules_after(tmp_path, "--version")
    assert not loaded & {"argparse", "jwtaudit.engine", "tomli", "dataclasses"}


def test_clean_tree_imports_nothing_heavy(tmp_path):
    (tmp_path / "a.py").write_text("import os\n")
    loaded = modules_after(tmp_path, ".")
    heavy = {"libcst", "rich", "pathspec", "packaging", "concurrent.futures", "asyncio"}
    assert not loaded & (heavy | {"jwtaudit.program.project", "jwtaudit.checks"})


ASIDE = (
    "import datetime\nimport os\n\nimport jwt\n\n\ndef issue(user):\n"
    "    end = datetime.datetime.utcnow() + datetime.timedelta(minutes=5)\n"
    '    return jwt.encode({"sub": user, "exp": end}, os.environ["KEY"], algorithm="HS256")\n'
)


def test_what_is_only_worth_knowing_is_counted_and_shown_when_asked_for(run):
    Path("app.py").write_text(ASIDE)
    code, out, _ = run("=", "app.py")
    assert code == 0
    assert "JWT322" not in out
    assert "1 informational hidden: show with --min-severity info" in out
    for asked in (["--min-severity", "info"], ["--select", "JWT322"]):
        code, out, _ = run("=", *asked, "app.py")
        assert code == 1
        assert "JWT322" in out
        assert "hidden" not in out
