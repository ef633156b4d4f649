"""The article that the project started from: its Python example, its indentation restored."""

from pathlib import Path

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
