"""The article that the project started from: its examples, their indentation restored."""

from pathlib import Path

import pytest

from jwtaudit import engine
from tests.support import scan

ARTICLE = Path(__file__).parent / "article"


def test_flask_example() -> None:
    text = (ARTICLE / "flask_example.py").read_text()
    found = {(f.rule_id, f.location.start_line) for f in scan({"app.py": text})}
    assert ("JWT201", 4) in found  # the key is written in the source
    assert ("JWT402", 9) in found  # an e-mail address in the payload
    assert {line for rule, line in found if rule == "JWT506"} == {17, 33}  # token, claims printed
    assert ("JWT322", 11) in found  # utcnow, for `iat` and `exp`
    assert ("JWT320", 21) in found  # a token without exp is accepted
    # nothing false: what the example does right stays silent
    assert not any(rule.startswith("JWT1") for rule, _ in found)
    assert not {rule for rule, _ in found} & {"JWT301", "JWT302", "JWT304", "JWT306", "JWT307"}


# What the catalogue wants of each example, by line, and nothing besides.
SCRIPTS = {
    "node_example": {
        ("JWT202", 4),  # the secret has a fallback that everybody knows
        ("JWT402", 9),  # an e-mail address in the payload
        ("JWT506", 25),  # the token is printed
        ("JWT116", 30),  # no list of algorithms
    },
    "rs256_example": set(),
    "refresh_example": {
        ("JWT116", 30),  # no list of algorithms
        ("JWT316", 23),  # the refresh token is stored as it is
        ("JWT315", 38),  # whoever refreshes becomes an administrator
    },
    "payload_example": {("JWT301", 2), ("JWT401", 4), ("JWT401", 5), ("JWT401", 6)},
    "none_algorithm_example": {("JWT116", 2)},
    "storage_example": {("JWT501", 2)},
    "decode_example": set(),  # a page may read its own token
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts(name: str) -> None:
    text = (ARTICLE / f"{name}.js").read_text()
    found = {(f.rule_id, f.location.start_line) for f in scan({"app.js": text})}
    assert found == SCRIPTS[name]


def test_the_article_as_one_document(tmp_path: Path) -> None:
    """All examples in one Markdown file: each a block, found at its line in the file."""
    text, expected = "# Tokens\n", set()
    for name, found in SCRIPTS.items():
        text += f"\n## {name}\n\n```javascript\n"
        begin = text.count("\n")
        expected |= {(rule, begin + line) for rule, line in found}
        text += (ARTICLE / f"{name}.js").read_text() + "```\n"
    (tmp_path / "article.md").write_text(text)
    report = engine.run(engine.Options(directory=str(tmp_path), include_docs=True))
    assert not report.diagnostics
    assert {(f.rule_id, f.location.start_line) for f in report.findings} == expected
