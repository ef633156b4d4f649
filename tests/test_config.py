"""The configuration: the nearest file, and nothing in it that is not understood."""

from __future__ import annotations

import pytest

from jwtaudit import config
from jwtaudit.config import ConfigError
from jwtaudit.discovery import Glob
from jwtaudit.finding import Confidence, Severity

MARKER = "hunter2-must-not-be-echoed"


@pytest.fixture(autouse=True)
def _no_home(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "_home", lambda: tmp_path)
    monkeypatch.chdir(tmp_path)


def load(tmp_path, text):
    file = tmp_path / "jwtaudit.toml"
    file.write_text(text)
    return config.load(file)


def refuse(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert "\n" not in message
    assert MARKER not in message
    return message


def test_everything(tmp_path):
    (tmp_path / "own.toml").write_text("")
    settings = load(
        tmp_path,
        """
        select = ["JWT2"]
        extend-select = ["JWT101"]
        ignore = ["JWT201"]
        fail-on = "medium"
        min-severity = "low"
        min-confidence = "high"
        exclude = ["a"]
        extend-exclude = ["b/c"]
        force-exclude = true
        respect-gitignore = false
        output-format = "json"
        jobs = 3
        max-file-size = "1MB"
        sensitive-claims = ["loyalty_number"]
        secret-settings = ["TOKEN_SALT"]
        library-models = ["own.toml"]
        [lifetimes]
        access = "15m"
        refresh = 3600
        [per-file-ignores]
        "tests/**" = ["JWT201"]
        """,
    )
    base = str(tmp_path)
    assert settings.fail_on is Severity.MEDIUM
    assert settings.output_format == "json"
    options = settings.options(["x"], show_secrets=True)
    assert options.paths == ("x",)
    assert options.select == ("JWT2",)
    assert options.extend_select == ("JWT101",)
    assert options.ignore == ("JWT201",)
    assert options.min_severity is Severity.LOW
    assert options.min_confidence is Confidence.HIGH
    assert options.filters.exclude == (Glob(base, "a"), Glob(base, "b/c"))
    assert options.filters.force_exclude
    assert not options.filters.respect_gitignore
    assert options.filters.max_size == 1024 * 1024
    assert options.jobs == 3
    assert options.rules.max_access_lifetime == 900
    assert options.rules.max_refresh_lifetime == 3600
    assert options.rules.sensitive_claims == ("loyalty_number",)
    assert options.rules.secret_settings == ("TOKEN_SALT",)
    assert options.library_models == (tmp_path / "own.toml",)
    assert options.per_file_ignores == ((Glob(base, "tests/**"), ("JWT201",)),)
    assert options.show_secrets


def test_every_key_is_a_setting():
    for key in config._KEYS:
        assert hasattr(config.Settings(), key.replace("-", "_")), key


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('ingore = ["x"]', "jwtaudit.toml:1: unknown key ingore; did you mean 'ignore'?"),
        (
            'jobs = 1\nmin_severity = "low"',
            "jwtaudit.toml:2: unknown key min_severity; did you mean 'min-severity'?",
        ),
        ('ignore = "JWT101"', "jwtaudit.toml:1: ignore must be a list of texts"),
        ("jobs = 0", "jwtaudit.toml:1: jobs must be a whole number from 1"),
        ("jobs = true", "jwtaudit.toml:1: jobs must be a whole number from 1"),
        ('force-exclude = "yes"', "jwtaudit.toml:1: force-exclude must be true or false"),
        (
            f'fail-on = "{MARKER}"',
            "jwtaudit.toml:1: fail-on must be one of info, low, medium, high, critical",
        ),
        (
            "[lifetimes]\nacess = 1",
            "jwtaudit.toml:2: unknown key lifetimes.acess; did you mean 'access'?",
        ),
        (f"[lifetimes]\nrefresh = '{MARKER}'", "lifetimes.refresh must be seconds"),
        ("lifetimes = 3", "lifetimes must be a table"),
        ("[lifetimes]\naccess = 0", "lifetimes.access must be seconds"),
        ("per-file-ignores = ['a']", "per-file-ignores must be a table"),
        ("max-file-size = 'big'", "max-file-size must be a number of bytes"),
        ("output-format = 3", "output-format must be a word"),
        ("library-models = ['../m.toml']", "library-models must be a list of files below"),
        ("library-models = ['gone.toml']", "library-models must be a list of files that exist"),
        (f"a = {MARKER}", "jwtaudit.toml: not valid TOML"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, message):
    assert message in refuse(tmp_path, text)


def test_broken_bytes(tmp_path):
    (tmp_path / "jwtaudit.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        config.load(tmp_path / "jwtaudit.toml")


def test_missing_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(tmp_path / "jwtaudit.toml")


def test_model_behind_an_outward_link_is_refused(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "m.toml").write_text("")
    (project / "m.toml").symlink_to(tmp_path / "m.toml")
    file = project / "jwtaudit.toml"
    file.write_text('library-models = ["m.toml"]')
    with pytest.raises(ConfigError, match="below"):
        config.load(file)


# -- finding the file ----------------------------------------------------------------------------


def test_pyproject(tmp_path):
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.other]\nx = 1\n[tool.jwtaudit]\njobs = 2\n")
    assert config.find(tmp_path) == file
    assert config.load(file).jobs == 2
    file.write_text("[tool.jwtaudit]\njbos = 2\n")
    with pytest.raises(ConfigError, match=r"unknown key tool\.jwtaudit\.jbos"):
        config.load(file)


def test_pyproject_without_our_table_does_not_count(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.jwtaudit]\njobs = 2\n")
    below = tmp_path / "a"
    below.mkdir()
    (below / "pyproject.toml").write_text('[project]\ndependencies = ["jwtaudit"]\n')
    assert config.find(below) == tmp_path / "pyproject.toml"


def test_broken_pyproject_of_others_is_not_our_business(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[[[")
    assert config.find(tmp_path) is None


def test_table_in_other_spellings(tmp_path):
    for text in (
        '[tool."jwtaudit"]\njobs = 2',
        "tool.jwtaudit.jobs = 2",
        "[tool]\njwtaudit.jobs=2",
    ):
        (tmp_path / "pyproject.toml").write_text(text)
        found = config.find(tmp_path)
        assert found
        assert config.load(found).jobs == 2


def test_own_file_comes_first_and_nearest_wins(tmp_path):
    (tmp_path / "jwtaudit.toml").write_text("")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert config.find(below) == tmp_path / "jwtaudit.toml"
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.jwtaudit]")
    assert config.find(below) == tmp_path / "a" / "pyproject.toml"
    (tmp_path / "a" / "jwtaudit.toml").write_text("")
    assert config.find(below / "missing.py") == tmp_path / "a" / "jwtaudit.toml"


def test_search_ends_at_the_repository(tmp_path):
    (tmp_path / "jwtaudit.toml").write_text("")
    repository = tmp_path / "a"
    (repository / "src").mkdir(parents=True)
    (repository / ".git").mkdir()
    assert config.find(repository / "src") is None
