"""The catalogue: pages are read, and wrong ones refused with a sentence one can act on."""

from __future__ import annotations

import pytest

from jwtaudit import catalog
from jwtaudit.catalog import Catalog, PageError, SelectorError
from jwtaudit.finding import Confidence, Severity

HEADER = """\
id = "JWT201"
name = "hardcoded-key"
summary = "A signing key is written in the source"
severity = "critical"
security-severity = 9.1
precision = "very-high"
cwe = [798, 321]
since = "0.1.0"
fix = "none"
references = ["https://www.rfc-editor.org/rfc/rfc8725#section-3.5"]
"""

BODY = """
# Hardcoded key

Whoever reads the `source` mints
tokens, see [RFC 8725](https://www.rfc-editor.org/rfc/rfc8725).

## What to do

Load the key.

## Bad

### Literal in the call

```python
## not a heading
import jwt

jwt.encode({}, "s3cret")  # JWT201: high, JWT301: medium
```

### In a settings file

```python file=app/settings.py
KEY = "s3cret"  # JWT201: high
```

```text file=requirements.txt
pyjwt==2.10.1
```

## Good

```python
import jwt
```

## Limits

None.

## Proof

The bad form takes a forged token.

```python proof requires="pyjwt==2.15.1 cryptography==46.0.0"
assert True
```
"""


@pytest.fixture
def write(tmp_path):
    def write(header=HEADER, body=BODY, name="hardcoded-key", group="keys"):
        page = tmp_path / group / f"{name}.md"
        page.parent.mkdir(exist_ok=True)
        page.write_text(f"+++\n{header}+++\n{body}", encoding="utf-8")
        return page

    return write


@pytest.fixture
def rule(write):
    return catalog.read_page(write())


def test_header(rule):
    assert (rule.id, rule.name, rule.group) == ("JWT201", "hardcoded-key", "keys")
    assert rule.title == "Hardcoded key"
    assert rule.severity is Severity.CRITICAL
    assert rule.cwe == (798, 321)
    assert rule.default
    assert rule.url.endswith("/jwtaudit/blob/main/rules/keys/hardcoded-key.md")


def test_a_rule_may_be_off_by_default(write):
    rule = catalog.read_page(write(HEADER + 'default = "off"\n'))
    assert not rule.default
    assert "off unless selected" in rule.render(80, color=False)


def test_examples(rule):
    literal, settings = rule.examples("Bad")
    assert literal.title == "Literal in the call"
    [file] = literal.files
    assert file.path == "app.py"
    assert file.text.endswith('\njwt.encode({}, "s3cret")\n')
    assert file.expected == (
        (4, "JWT201", Confidence.HIGH),
        (4, "JWT301", Confidence.MEDIUM),
    )
    assert [file.path for file in settings.files] == ["app/settings.py", "requirements.txt"]
    [good] = rule.examples("Good")
    assert good.title == ""


def test_lines_are_those_of_the_page(rule):
    page = rule.file.read_text(encoding="utf-8").splitlines()
    [file] = rule.examples("Bad")[0].files
    assert page[file.line - 1] == file.text.splitlines()[0]
    [proof] = rule.proofs
    assert page[proof.line - 1] == proof.code.strip()
    assert proof.requires == ("pyjwt==2.15.1", "cryptography==46.0.0")


def test_help_is_for_readers(rule):
    assert rule.help_markdown.startswith("# Hardcoded key\n\nWhoever reads the `source`")
    assert "JWT201: high" not in rule.help_markdown
    assert "assert True" not in rule.help_markdown
    assert "takes a forged token" in rule.help_markdown
    assert "Literal in the call" in rule.help_markdown
    assert "app/settings.py" not in rule.help_markdown  # the plainest example of each world
    assert f"1 more: <{rule.url}>, or `jwtaudit explain --all {rule.id}`." in rule.help_markdown
    whole = rule.render(100, color=False, whole=True)
    assert "app/settings.py" in whole
    assert "requirements.txt" in whole
    assert "more:" not in whole
    assert rule.description == "Whoever reads the source mints tokens, see RFC 8725."
    assert rule.help_text.endswith("\n\nLoad the key.")


def test_render(rule):
    plain = rule.render(60, color=False)
    assert plain.startswith("JWT201 hardcoded-key\n")
    assert "\x1b" not in plain
    assert "What to do" in plain
    assert max(map(len, plain.splitlines())) <= 60
    assert "\x1b[" in rule.render(60, color=True)


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ('name = "hardcoded-key"', 'name = "other"', 3, 'the file\'s name, "hardcoded-key"'),
        ("security-severity = 9.1", "security-severity = 8.9", 6, "from 9.0 to 10.0"),
        ("cwe =", "cve =", 8, "unknown key 'cve'; did you mean 'cwe'?"),
        ('since = "0.1.0"\n', "", 1, "since is missing; add the version"),
        ("source", "source.", 4, "without a full stop"),
        ('"critical"', '"crit"', 5, "one of info, low, medium, high, critical"),
        ("fix =", 'default = "no"\nfix =', 10, "default must be one of on, off"),
        ("[798, 321]", '["CWE-798"]', 8, "a list of numbers"),
        (
            '"0.1.0"',
            "0.1.0",
            1,
            "is not TOML: Expected newline or end of document after a statement",
        ),
        ("https://", "ftp://", 11, "https:// addresses"),
    ],
)
def test_wrong_header_is_refused(write, old, new, line, sentence):
    header = HEADER.replace(old, new)
    assert header != HEADER
    with pytest.raises(PageError) as error:
        catalog.read_page(write(header))
    assert str(error.value).startswith(f"rules/keys/hardcoded-key.md:{line}: ")
    assert sentence in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("## Good", "## Fine", "unknown section 'Fine'; did you mean"),
        ("## Limits", "## Good", 'a second section "Good"'),
        ("## What to do\n\nLoad the key.\n", "", 'section "What to do" is missing'),
        ("# Hardcoded key\n\nW", "W", "after the header comes the title"),
    ],
)
def test_wrong_body_is_refused(write, old, new, sentence):
    with pytest.raises(PageError, match=sentence):
        catalog.read_page(write(body=BODY.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("# JWT201: high\n", "# JWT201 high\n", 'as "# JWT201: high"'),
        ("text file=requirements.txt", "text", "names no file"),
        ("### In a settings file", "### Literal in the call", "a second example"),
        ("text file=requirements.txt", "python file=app/settings.py", "a second app/settings.py"),
    ],
)
def test_wrong_examples_are_refused(write, old, new, sentence):
    wrong = catalog.read_page(write(body=BODY.replace(old, new, 1)))
    with pytest.raises(PageError, match=sentence):
        wrong.examples("Bad")


def test_good_example_expects_nothing(write):
    good = BODY.replace("```python\nimport jwt\n```", "```python\nimport jwt  # JWT201: low\n```")
    with pytest.raises(PageError, match="remove the marker"):
        catalog.read_page(write(body=good)).examples("Good")


def test_proof_pins_its_library(write):
    loose = catalog.read_page(write(body=BODY.replace("pyjwt==2.15.1 ", "pyjwt ")))
    with pytest.raises(PageError, match="with versions"):
        _ = loose.proofs


@pytest.fixture
def three(write, tmp_path):
    write()
    for number, group, name in (("202", "keys", "weak-key"), ("301", "claims", "missing-expiry")):
        header = HEADER.replace("JWT201", f"JWT{number}").replace("hardcoded-key", name)
        write(header, name=name, group=group)
    return catalog.load(tmp_path)


def test_find(three):
    assert three.find("JWT201") is three.find("jwt201") is three.find("hardcoded-key")
    with pytest.raises(SelectorError, match="did you mean 'weak-key'"):
        three.find("weak-keys")


@pytest.mark.parametrize(
    ("selector", "ids"),
    [
        ("JWT", {"JWT201", "JWT202", "JWT301"}),
        ("JWT2", {"JWT201", "JWT202"}),
        ("JWT202", {"JWT202"}),
        ("claims", {"JWT301"}),
        ("weak-key", {"JWT202"}),
    ],
)
def test_select(three, selector, ids):
    assert three.select([selector]) == ids


@pytest.mark.parametrize("selector", ["JWT9", "claim", "J", "", "JWT2011"])
def test_unknown_selector(three, selector):
    with pytest.raises(SelectorError, match="unknown rule selector"):
        three.select(["JWT2", selector])


def test_ids_are_unique(write, tmp_path):
    write()
    write(HEADER.replace("hardcoded-key", "second"), name="second")
    with pytest.raises(PageError, match=r"JWT201 is taken by rules/keys/\S+\.md"):
        Catalog(catalog.read_page(page) for page in tmp_path.glob("*/*.md"))


def test_a_page_that_is_not_utf_8_is_refused(write):
    page = write()
    page.write_bytes(page.read_bytes().replace(b"mints", b"mint\xe9"))
    with pytest.raises(PageError, match="not UTF-8"):
        catalog.read_page(page)
