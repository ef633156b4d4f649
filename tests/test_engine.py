"""The engine: nothing is lost, nothing depends on how the work is shared."""

from __future__ import annotations

import os
import random
import sys
import time

import pytest

from jwtaudit import engine
from jwtaudit.discovery import Filters, Glob
from jwtaudit.engine import Limits, Options, extraction, guard
from jwtaudit.engine.pool import LostError, Workers
from jwtaudit.finding import Confidence, Severity

RULE = "JWT301"
FAULT = (
    'import jwt\n\n\ndef issue(key):\n    return jwt.encode({"sub": "1"}, key, algorithm="HS256")'
)
LINE = 5


def scan(root, files=None, paths=(".",), **options):
    for name, content in (files or {}).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    options.setdefault("select", (RULE,))
    return engine.run(Options(paths=tuple(paths), directory=str(root), **options))


def places(report):
    return [(f.rule_id, f.location.path, f.location.start_line) for f in report.findings]


def problems(report):
    return {d.path: d.kind for d in report.diagnostics}


def test_finding(tmp_path):
    report = scan(tmp_path, {"src/a.py": FAULT, "src/b.py": "import os\n"})
    assert places(report) == [(RULE, "src/a.py", LINE)]
    assert report.findings[0].fingerprint
    numbers = report.statistics
    assert (numbers.matched, numbers.analysed, numbers.parsed) == (2, 2, 1)
    assert report.diagnostics == ()


def test_nothing_to_do(tmp_path):
    report = scan(tmp_path, {"a.txt": "jwt"})
    assert report.statistics.matched == 0
    assert report.findings == report.diagnostics == ()


def test_rules_are_selected(tmp_path):
    names = lambda **options: {rule.id for rule in engine.active_rules(Options(**options))}  # noqa: E731
    everything = names()
    assert RULE in everything
    assert names(select=("JWT3",)) != everything
    assert names(select=("JWT3",), ignore=(RULE,)) == names(select=("JWT3",)) - {RULE}
    assert RULE in names(select=("JWT6",), extend_select=(RULE,))
    high = {rule.severity for rule in engine.active_rules(Options(min_severity=Severity.HIGH))}
    assert high <= {Severity.HIGH, Severity.CRITICAL}
    assert not places(scan(tmp_path, {"a.py": FAULT}, select=(), ignore=("claims",)))


def test_rules_off_by_default_run_when_selected():
    from jwtaudit import catalog

    off = {rule.id for rule in catalog.load().rules if not rule.default}
    assert not off & {rule.id for rule in engine.active_rules(Options())}
    assert off <= {rule.id for rule in engine.active_rules(Options(extend_select=tuple(off)))}


def test_wrong_selector_is_an_error_also_where_nothing_is_found(tmp_path):
    from jwtaudit.catalog import SelectorError

    for option in (
        {"select": ("nonsense",)},
        {"per_file_ignores": ((Glob(str(tmp_path), "*"), ("nonsense",)),)},
    ):
        with pytest.raises(SelectorError):
            scan(tmp_path, {"a.txt": ""}, **option)


# -- the same, however the work is shared --------------------------------------------------------


def test_serial_equals_parallel_equals_any_order(tmp_path, monkeypatch):
    files = {f"pkg{n % 3}/m{n}.py": FAULT + "\n" * n for n in range(9)}
    files["broken.py"] = "import jwt\ndef f(:\n"
    files["page.html"] = "<script>localStorage.setItem('token', t)</script>"
    serial = scan(tmp_path, files, jobs=1, select=())
    monkeypatch.setattr(extraction, "WORK_THRESHOLD", 0)
    assert scan(tmp_path, jobs=2, select=()) == serial
    names = list(files)
    random.Random(1).shuffle(names)
    assert scan(tmp_path, paths=names, jobs=2, select=()) == serial
    assert len([f for f in serial.findings if f.rule_id == RULE]) == 9
    assert problems(serial)["broken.py"] == "unparsable"


def test_stdin_equals_file(tmp_path):
    from_file = scan(tmp_path, {"a.py": FAULT})
    from_stdin = scan(tmp_path, stdin=("a.py", FAULT.encode()))
    assert from_stdin == from_file


def test_stdin_can_be_excluded(tmp_path):
    filters = Filters(force_exclude=True)
    report = scan(tmp_path, stdin=("build/a.py", FAULT.encode()), filters=filters)
    assert report.findings == ()
    assert report.statistics.skipped == {"excluded": 1}


def test_scan_changes_nothing(tmp_path):
    scan(tmp_path, {"a.py": FAULT, "b.html": "jwt"})
    before = {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in tmp_path.rglob("*")}
    scan(tmp_path)
    assert {p: (p.stat().st_mtime_ns, p.read_bytes()) for p in tmp_path.rglob("*")} == before


# -- what cannot be analysed ---------------------------------------------------------------------


def test_what_is_not_analysed_is_said(tmp_path):
    report = scan(
        tmp_path,
        {
            "good.py": FAULT,
            "broken.py": "import jwt\n\ndef f(:\n",
            "large.py": FAULT + "#" * 2000,
            "binary.py": b"jwt\0",
            "codec.py": "# coding: rot13\nvzcbeg wjg\n",
            "bytes.py": b"import jwt\nx = '\xff'\n",
        },
        filters=Filters(max_size=1000),
    )
    assert places(report) == [(RULE, "good.py", LINE)]
    assert problems(report) == {
        "broken.py": "unparsable",
        "bytes.py": "unparsable",
        "codec.py": "unparsable",
        "large.py": "too-large",
    }
    assert all(diagnostic.error for diagnostic in report.diagnostics)
    assert {d.path: d.line for d in report.diagnostics}["broken.py"] == 3
    numbers = report.statistics
    assert (numbers.matched, numbers.analysed) == (6, 1)
    assert numbers.skipped == {"binary": 1, "too-large": 1, "unparsable": 3}


def test_unreadable_file(tmp_path, monkeypatch):
    from jwtaudit import discovery

    read = discovery.read

    def refuse(path, *rest):
        if path.endswith("locked.py"):
            raise PermissionError(13, "Permission denied", path)
        return read(path, *rest)

    monkeypatch.setattr(discovery, "read", refuse)
    report = scan(tmp_path, {"good.py": FAULT, "locked.py": FAULT})
    assert problems(report) == {"locked.py": "unreadable"}
    assert len(report.findings) == 1


def _nested(opening, inner, closing, times):
    return f"import jwt\nx = {opening * times}{inner}{closing * times}\n"


HOSTILE = {
    "parentheses.py": _nested("(", "1", ")", 1500),
    "unclosed.py": _nested("(", "1", "", 1500),
    "dicts.py": _nested("{1:", "1", "}", 3000),
    "calls.py": _nested("f(", "1", ")", 1000),
    "boolean.py": "import jwt\nx = " + " or ".join("a" * 10_000) + "\n",
    "sum.py": "import jwt\nx = " + "+".join("1" * 3000) + "\n",
    "elif.py": "import jwt\nif a: pass\n" + "elif b: pass\n" * 5000,
    "lambda.py": "import jwt\nx = " + "lambda: " * 5000 + "1\n",
    "dotted.py": "import jwt\nimport " + ".".join("a" * 10_000) + "\n",
    "strings.py": "import jwt\nx = (" + "'a'#\n" * 10_000 + ")\n",
    "case.py": "import jwt\nmatch x:\n  case " + "[" * 26 + "a" + "]" * 26 + ":\n    pass\n",
    "list.py": "import jwt\nx = [" + "1, " * 350_000 + "]\n",
}


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the process")
def test_hostile_files_cost_themselves_only(tmp_path):
    limits = Limits(seconds=0.8, memory=128 * 1024 * 1024)
    report = scan(tmp_path, {**HOSTILE, "good.py": FAULT}, limits=limits, jobs=2)
    assert places(report) == [(RULE, "good.py", LINE)]
    found = problems(report)
    assert set(found.values()) <= {"unparsable", "timeout", "memory", "crashed"}
    assert found["case.py"] == "timeout"
    assert found["list.py"] in {"memory", "timeout"}
    assert report.statistics.analysed == len(HOSTILE) + 1 - len(found)


@pytest.mark.parametrize("name", HOSTILE)
def test_guard_sends_hostile_files_away(name):
    assert not guard.is_harmless("app.py", HOSTILE[name].encode())


@pytest.mark.parametrize(
    "code",
    [
        FAULT,
        '"""' + 'A long "text".\n' * 50 + '"""\n' + FAULT,
        "x = {'a': [{'b': (1, [2, {'c': f(g(h(1)))}])}]}\n" * 100,
        "match x:\n    case {'a': [b, c]}:\n        pass\n",
        "if a:\n    pass\n" + "elif b:\n    pass\n" * 30,
        f"x = {' or '.join('abcdefgh')}\n",
    ],
)
def test_guard_keeps_ordinary_files_here(code):
    assert guard.is_harmless("app.py", code.encode())


def test_ordinary_files_need_no_worker(tmp_path, monkeypatch):
    monkeypatch.setattr(extraction.Extraction, "_pool", None)
    assert places(scan(tmp_path, {"a.py": FAULT})) == [(RULE, "a.py", LINE)]


@pytest.mark.parametrize("lines", [0, 100])
def test_a_function_that_only_tells_of_a_token_is_read_in_long_files_too(tmp_path, lines):
    code = (
        'import jwt\n\n\ndef told(token):\n    print("have", token)\n\n\ndef read(token, key):\n'
        '    return jwt.decode(token, key, algorithms=["HS256"])\n'
    )
    report = scan(tmp_path, {"a.py": code + "x = 1\n" * lines}, select=("JWT506",))
    assert places(report) == [("JWT506", "a.py", 5)]


# -- workers -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def workers():
    with Workers(1, Limits(seconds=0.5, memory=128 * 1024 * 1024)) as pool:
        yield pool


@pytest.mark.skipif(sys.platform != "linux", reason="limits of the process")
@pytest.mark.parametrize(
    ("function", "argument", "kind"),
    [
        (exec, "import os; os.abort()", "crashed"),
        (exec, "import os; os._exit(3)", "crashed"),
        (exec, "import sys; sys.exit()", "crashed"),
        (exec, "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "crashed"),
        (exec, "while True: pass", "timeout"),
        (exec, "x = bytearray(1 << 29)", "memory"),
        (exec, "x = []\nwhile True: x.append(bytearray(1 << 20))", "memory"),
        (exec, "f = lambda: f(); globals().update(f=f); f()", "unparsable"),
    ],
)
def test_worker_that_is_lost_costs_its_task(workers, function, argument, kind):
    lost, after = workers.submit(function, argument), workers.submit(len, "four")
    with pytest.raises(LostError) as caught:
        lost.result()
    assert caught.value.kind == kind
    assert after.result() == 4


def test_worker_that_sleeps_is_ended(monkeypatch):
    from jwtaudit.engine import pool

    monkeypatch.setattr(pool, "_WALL_FACTOR", 1)
    with Workers(1, Limits(seconds=0.5)) as workers, pytest.raises(LostError) as caught:
        workers.submit(time.sleep, 60).result()
    assert caught.value.kind == "timeout"


def test_errors_come_back(workers):
    with pytest.raises(ValueError, match="invalid literal"):
        workers.submit(int, "x").result()


def test_prints_do_not_get_between(workers):
    assert workers.submit(eval, "print('x' * 10000) or __import__('os').write(1, b'y')").result()


def test_worker_imports_from_our_path_only(workers, tmp_path, monkeypatch):
    (tmp_path / "pickle.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    with Workers(1) as pool:
        path = pool.submit(eval, "__import__('sys').path").result()
    assert "" not in path
    assert str(tmp_path) not in path


def _interrupted():
    with Workers(1) as workers:
        for _ in range(5):
            workers.submit(time.sleep, 30)
        time.sleep(0.5)
        raise KeyboardInterrupt


def test_work_is_dropped_when_the_scan_is_interrupted():
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        _interrupted()
    assert time.monotonic() - begin < 10


# -- joins that fail -----------------------------------------------------------------------------


@pytest.mark.parametrize("walked", ["<module>", "issue"])
def test_what_cannot_be_evaluated_costs_what_follows_in_it_only(tmp_path, monkeypatch, walked):
    from jwtaudit.program.interpreter import Interpreter

    block = Interpreter.block

    def picky(self, body, frame):
        if frame.file == "bad.py" and frame.scope.id.qualname == walked:
            raise RecursionError
        return block(self, body, frame)

    monkeypatch.setattr(Interpreter, "block", picky)
    report = scan(tmp_path, {"good.py": f"import bad\n{FAULT}", "bad.py": FAULT})
    assert places(report) == [(RULE, "good.py", LINE + 1)]
    assert problems(report) == {"bad.py": "internal-error"}
    assert report.statistics.analysed == 1


def test_a_default_that_leads_back_to_its_own_function_ends(tmp_path):
    files = {
        "names.py": (
            "class Names:\n    def __init__(self, claim='sub', parent=root()):\n"
            "        self.claim = claim\n\ndef root():\n    return Names()\n"
        ),
        "app.py": f"from names import Names\n{FAULT}".replace('"sub"', "Names().claim"),
    }
    report = scan(tmp_path, files)
    assert problems(report) == {}
    assert places(report) == [(RULE, "app.py", LINE + 1)]


def test_files_that_cannot_be_joined_are_one_diagnostic(tmp_path, monkeypatch):
    from jwtaudit import program

    class Picky(program.Project):
        def __init__(self, facts, *rest):
            facts = list(facts)
            if facts:
                raise ZeroDivisionError
            super().__init__(facts, *rest)

    monkeypatch.setattr(program, "Project", Picky)
    report = scan(tmp_path, {"a.py": FAULT})
    [diagnostic] = report.diagnostics
    assert "ZeroDivisionError" in diagnostic.message
    assert report.findings == ()


def test_check_that_fails_costs_its_own_findings(tmp_path, monkeypatch):
    from jwtaudit import checks

    def fail(project):
        raise ZeroDivisionError
        yield

    checks.registry()
    monkeypatch.setitem(checks._REGISTRY, "claim-check-relaxed", fail)
    report = scan(tmp_path, {"a.py": FAULT}, select=("claims",))
    assert (RULE, "a.py", LINE) in places(report)
    [diagnostic] = report.diagnostics
    assert diagnostic.kind == "internal-error"
    assert diagnostic.error


SECRET = "correct-horse-battery"


@pytest.mark.parametrize("where", ["a.py", "tests/test_a.py", "examples/a.py"])
def test_keys_are_masked_whichever_rule_runs(tmp_path, where):
    code = FAULT.replace(", key,", f', "{SECRET}",')
    report = scan(tmp_path, {where: code, "b.py": FAULT + f"  # not {SECRET}"})
    assert report.findings
    assert SECRET not in repr(report)
    assert SECRET in repr(scan(tmp_path, show_secrets=True))


def test_a_key_that_is_left_out_masks_nothing(tmp_path):
    call = 'jwt.decode(token, options={"verify_signature": False})'
    code = f"import jwt\n\n\ndef f(token):\n    load({call})\n"
    report = scan(tmp_path, {"a.py": code}, select=())
    assert report.findings
    assert "***" not in repr(report)


def test_nothing_is_shown_when_keys_cannot_be_masked(tmp_path, monkeypatch):
    from jwtaudit.engine import secrets

    monkeypatch.setattr(secrets, "key_literals", lambda _: 1 / 0)
    report = scan(tmp_path, {"a.py": FAULT})
    assert report.findings == ()
    assert problems(report) == {"": "internal-error"}
    assert report.diagnostics[0].error


@pytest.mark.skipif(os.name == "nt", reason="needs interval timers")
def test_check_that_does_not_end_is_ended(tmp_path, monkeypatch):
    from jwtaudit import checks

    def spin(project):
        while True:
            pass
        yield

    checks.registry()
    monkeypatch.setitem(checks._REGISTRY, "claim-check-relaxed", spin)
    report = scan(tmp_path, {"a.py": FAULT}, select=("claims",), limits=Limits(seconds=0.5))
    assert (RULE, "a.py", LINE) in places(report)
    assert problems(report) == {"": "internal-error"}


# -- what is silenced ----------------------------------------------------------------------------


def test_comment_silences_and_is_counted(tmp_path):
    report = scan(tmp_path, {"a.py": FAULT + f"  # jwtaudit: ignore[{RULE}] for ever is meant"})
    assert report.findings == report.diagnostics == ()
    [finding] = report.suppressed
    assert finding.suppression is not None
    assert finding.suppression.reason == "for ever is meant"


def test_useless_comments_are_said_and_are_no_error(tmp_path):
    report = scan(tmp_path, {"a.py": FAULT + "  # jwtaudit: ignore"})
    assert places(report)
    assert problems(report) == {"a.py": "bare-suppression"}
    assert not any(diagnostic.error for diagnostic in report.diagnostics)
    report = scan(tmp_path, {"a.py": f"import os  # jwtaudit: ignore[{RULE}]"})
    assert problems(report) == {"a.py": "unused-suppression"}


def test_per_file_ignores_silence_visibly(tmp_path):
    pattern = (Glob(str(tmp_path), "scripts/**"), ("claims",))
    files = {"a.py": FAULT, "scripts/deep/a.py": FAULT}
    report = scan(tmp_path, files, per_file_ignores=(pattern,))
    assert places(report) == [(RULE, "a.py", LINE)]
    [finding] = report.suppressed
    assert finding.suppression is not None
    assert finding.suppression.kind == "configuration"
    assert "scripts/**" in finding.suppression.reason


def test_low_confidence_is_left_out_when_asked(tmp_path):
    report = scan(tmp_path, {"a.py": FAULT})
    confidence = report.findings[0].confidence
    assert places(scan(tmp_path, min_confidence=confidence))
    if confidence < Confidence.HIGH:
        assert not places(scan(tmp_path, min_confidence=Confidence(confidence + 1)))


def test_fingerprints_do_not_depend_on_what_is_silenced(tmp_path):
    body = FAULT + "\n\n\n" + FAULT.partition("\n\n\n")[2].replace("issue", "again")
    plain = scan(tmp_path, {"a.py": body})
    ignored = scan(
        tmp_path, {"a.py": body.replace('HS256")', f'HS256")  # jwtaudit: ignore[{RULE}]', 1)}
    )
    assert [f.fingerprint for f in plain.findings] == [
        f.fingerprint for f in (*ignored.suppressed, *ignored.findings)
    ]


def test_progress_is_told(tmp_path):
    told = []
    (tmp_path / "a.py").write_text(FAULT)
    options = Options(directory=str(tmp_path), select=(RULE,))
    engine.run(options, lambda *step: told.append(step))
    assert {stage for stage, _, _ in told} == {"reading", "parsing", "checking"}
    assert all(done < total for _, done, total in told)


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (("tests/suite",), {"tests/suite/a.py"}),  # where the scanned directory lies says nothing
        (("tests",), {"tests/suite/a.py"}),
        ((".",), set()),
        (("tests", "src"), set()),
        (("tests/suite/a.py",), set()),  # as a hook of Git names it
    ],
)
def test_only_what_lies_below_the_scanned_directory_makes_a_test(tmp_path, paths, found):
    code = 'import jwt\n\ntoken = jwt.encode({"exp": 1}, "a-secret-of-ours", "HS256")\n'
    files = {"tests/suite/a.py": code, "tests/suite/tests/b.py": code, "src/empty.py": ""}
    report = scan(tmp_path, files, paths=paths, select=("JWT201",))
    assert {f.location.path for f in report.findings} == found
