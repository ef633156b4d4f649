"""Fenced code in Markdown, looked at when asked."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import pytest

from jwtaudit import engine, frontends
from jwtaudit.cli import main
from jwtaudit.frontends import documents

if TYPE_CHECKING:
    from pathlib import Path

    from jwtaudit.finding import Report


def scan(directory: Path, text: str, name: str = "README.md", **options: bool) -> Report:
    (directory / name).write_text(textwrap.dedent(text), "utf-8", newline="")
    return engine.run(engine.Options(directory=str(directory), include_docs=True, **options))


def found(report: Report) -> list[tuple[int, int, str]]:
    return [
        (f.location.start_line, f.location.start_column, f.rule_id)
        for f in report.findings
        if f.rule_id in {"JWT101", "JWT201", "JWT501"}
    ]


KEY = "jwt.encode({}, 'Sommer2019', algorithm='HS256')"


def test_only_when_asked(tmp_path):
    (tmp_path / "README.md").write_text(f"```python\nimport jwt\n{KEY}\n```\n")
    assert not engine.run(engine.Options(directory=str(tmp_path))).statistics.matched
    (tmp_path / "jwtaudit.toml").write_text("include-docs = true\n")
    assert main([str(tmp_path), "--quiet"]) == 1
    (tmp_path / "jwtaudit.toml").unlink()
    assert main([str(tmp_path), "--quiet"]) == 0
    assert main([str(tmp_path), "--quiet", "--include-docs"]) == 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_positions_are_those_of_the_document(tmp_path, end):
    text = f"""\
        # Schlüssel — 🔑

        ```py
        import jwt
        {KEY}
        ```

        - in a list:

          ~~~{{.javascript}}
          const jwt = require("jsonwebtoken");
          if (jwt.decode(token).admin) grant();
          ~~~

        > ```html
        > <script>localStorage.setItem("access_token", token)</script>
        > ```
        """
    report = scan(tmp_path, textwrap.dedent(text).replace("\n", end))
    assert found(report) == [(5, 16, "JWT201"), (12, 7, "JWT101"), (16, 11, "JWT501")]
    assert not report.diagnostics
    data = (tmp_path / "README.md").read_bytes()
    for finding in report.findings:
        at = finding.location
        assert at.path == "README.md"
        assert not any("\0" in step.location.path for step in (*finding.trace, *finding.related))
    key = next(f.location for f in report.findings if f.rule_id == "JWT201")
    assert data[key.start_byte : key.end_byte] == b"'Sommer2019'"


def test_what_is_no_code_of_ours_is_left_alone(tmp_path):
    report = scan(
        tmp_path,
        f"""\
        import jwt; {KEY}

        ```text
        import jwt; {KEY}
        ```

        ````markdown
        ```python
        import jwt; {KEY}
        ```
        ````

        `import jwt; {KEY}` and ```import jwt; {KEY}```
        """,
    )
    assert not report.findings
    assert report.statistics.matched == 1


def test_a_fragment_is_no_fault_of_the_document(tmp_path):
    report = scan(
        tmp_path,
        f"""\
        ```python
        def jwt_token(
            ...
        ```

        ```js
        const jwt = require("jsonwebtoken")
        app.get("/", (req, res) => {{
          ...
          if (jwt.decode(token).admin) grant()
        ```

        ```python
        import jwt
        {KEY}
        """,
    )
    assert found(report) == [(10, 7, "JWT101"), (15, 16, "JWT201")]
    assert not report.diagnostics
    assert report.statistics.analysed == 1


def test_a_block_goes_on_where_the_one_before_stopped(tmp_path):
    report = scan(
        tmp_path,
        """\
        ```python
        import jwt

        SECRET = "Sommer2019"
        ```

        Then, and again:

           ```python
           jwt.encode({}, SECRET, algorithm="HS256")
           ```

        ```python
        jwt.encode({"a": 1}, SECRET, algorithm="HS256")
        ```

        Safe, on the other hand:

        ```python
        SECRET = os.environ["SECRET"]
        jwt.encode({}, SECRET, algorithm="HS256")
        ```
        """,
    )
    assert found(report) == [(4, 10, "JWT201")]


def test_a_session_with_the_interpreter(tmp_path):
    report = scan(
        tmp_path,
        f"""\
        ```pycon
        >>> import jwt
        >>> def issue(user):
        ...     return {KEY}
        ...
        >>> issue("x")
        Traceback (most recent call last):
          jwt.exceptions.InvalidKeyError
        ```
        """,
    )
    assert found(report) == [(4, 31, "JWT201")]


def test_nothing_is_fixed_there(tmp_path):
    text = "```python\nimport jwt\njwt.encode({'sub': '1'}, key, algorithm='HS256')\n```\n"
    report = scan(tmp_path, text, fixes=True)
    assert [f.rule_id for f in report.findings] == ["JWT301"]
    assert all(f.fix is None for f in report.findings)
    assert main([str(tmp_path), "--include-docs", "--fix", "--unsafe-fixes", "--quiet"]) == 1
    assert (tmp_path / "README.md").read_text() == text


def test_suppressions(tmp_path):
    report = scan(
        tmp_path,
        f"""\
        ```python
        import jwt
        {KEY}  # jwtaudit: ignore[JWT201,JWT301] shown as what not to do
        ```

        ```python
        a = 1  # jwtaudit: ignore[JWT101] nothing here
        {KEY}
        ```
        """,
    )
    assert found(report) == [(8, 16, "JWT201")]
    assert {f.location.start_line for f in report.suppressed} == {3}
    (unused,) = report.diagnostics
    assert (unused.path, unused.line) == ("README.md", 7)


def test_json(tmp_path, capsys):
    scan(tmp_path, f"```python\nimport jwt\n{KEY}\n```\n")
    main([str(tmp_path), "--include-docs", "--output-format", "json"])
    document = json.loads(capsys.readouterr().out)
    paths = {finding["location"]["path"] for finding in document["findings"]}
    assert len(paths) == 1
    assert paths.pop().endswith("README.md")


def test_a_document_that_is_no_text_is_counted(tmp_path):
    (tmp_path / "a.md").write_bytes(b"```python\nimport jwt\n\xff\n```\n")
    report = engine.run(engine.Options(directory=str(tmp_path), include_docs=True))
    assert not report.diagnostics
    assert report.statistics.analysed == 0


def test_time_is_in_proportion(tmp_path):
    block = "```js\nconst jwt = require('jsonwebtoken')\njwt.verify(t, k)\n```\n\n"
    names = documents.blocks("a.md", block * 3000)
    assert len(names) == 3000
    source = frontends.read(names[-1], (block * 3000).encode())
    assert source.text.strip().startswith("const jwt")
