"""The proof harness itself: a false claim must fail, a true one pass."""

from __future__ import annotations

import dataclasses
import shutil

import proof
import pytest
from test_catalog import BODY, HEADER

from jwtaudit import catalog


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(proof, "installed", lambda *_, **__: tmp_path)
    page = tmp_path / "keys" / "hardcoded-key.md"
    page.parent.mkdir()
    (tmp_path / "jwt.py").write_text("encode = lambda *_: 1\n")
    page.write_text(f"+++\n{HEADER}+++\n{BODY}", encoding="utf-8")
    rule = catalog.read_page(page)

    def run(code):
        proof.run(rule, dataclasses.replace(rule.proofs[0], code=code))

    return run


def test_a_true_claim_passes(run):
    run(
        "import jwt\n"
        'bad = example("Bad", "Literal in the call")\n'
        'assert bad.jwt is jwt and example("Good").jwt is jwt\n'
        'assert rejects(int, "x") and not rejects(int, "1")\n'
    )


def test_a_false_claim_shows_the_page_and_its_line(run):
    with pytest.raises(proof.ProofError, match=r'hardcoded-key\.md", line 59.*\n *assert True'):
        run('raise ValueError("no")')


def test_an_unknown_example_is_named(run):
    with pytest.raises(proof.ProofError, match=r"is not one of \['Literal in the call', 'In a"):
        run('example("Bad")')


def test_nothing_else_can_be_imported(run):
    run('assert rejects(__import__, "pytest") and rejects(__import__, "jwtaudit")')


def test_a_proof_may_not_hang(run, monkeypatch):
    monkeypatch.setattr(proof, "SECONDS", 0.5)
    with pytest.raises(proof.ProofError, match=r"more than 0\.5 s"):
        run("while True: pass")


def test_a_library_is_installed_once_and_whole(tmp_path, monkeypatch):
    calls = []

    def pip(command, **_):
        calls.append(command)
        return type("Process", (), {"returncode": 0})

    monkeypatch.setattr(proof.subprocess, "run", pip)
    first = proof.installed(("pyjwt==2.15.1",), tmp_path)
    assert proof.installed(("pyjwt==2.15.1",), tmp_path) == first
    assert len(calls) == 1
    assert calls[0][-1] == "pyjwt==2.15.1"
    assert sorted(path.name for path in tmp_path.iterdir()) == [first.name, f"{first.name}.lock"]


def test_a_failed_install_leaves_nothing_behind(tmp_path):
    with pytest.raises(proof.ProofError, match="could not install"):
        proof.installed(("./no-such-directory",), tmp_path)
    assert [path.suffix for path in tmp_path.iterdir()] == [".lock"]


@pytest.fixture
def run_node(tmp_path, monkeypatch):
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    monkeypatch.setattr(proof, "installed", lambda *_, **__: tmp_path)
    package = tmp_path / "node_modules" / "jsonwebtoken"
    package.mkdir(parents=True)
    (package / "index.js").write_text("exports.sign = () => 1;\n")
    page = tmp_path / "keys" / "hardcoded-key.md"
    page.parent.mkdir()
    body = BODY.replace("```python\n", "```js\n").replace(
        "import jwt\n```",
        'const jwt = require("jsonwebtoken");\n\nfunction make() {\n  return 7;\n}\n```',
    )
    page.write_text(f"+++\n{HEADER}+++\n{body}", encoding="utf-8")
    rule = catalog.read_page(page)

    def run(code):
        script = catalog.Proof(("jsonwebtoken@9.0.2",), code, 59, "js")
        proof.run(rule, script)

    return run


def test_a_true_claim_passes_in_node(run_node):
    run_node(
        'const jwt = require("jsonwebtoken");\n'
        'const good = await example("Good");\n'
        "assert.equal(good.make(), 7);\n"
        "assert(await rejects(() => { throw new Error(); }) && !(await rejects(jwt.sign)));\n"
    )


def test_a_false_claim_shows_the_page_and_its_line_in_node(run_node):
    with pytest.raises(proof.ProofError, match=r"hardcoded-key\.md:60"):
        run_node('\nthrow new Error("no");')


def test_nothing_else_can_be_required(run_node):
    run_node('assert(await rejects(() => require("express")));')
