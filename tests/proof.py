"""Proofs: a page's claim about a library, shown with that very version of the library."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jwtaudit.catalog import Proof, Rule

SECONDS = 60
_RUNNER = Path(__file__).with_name("proof_runner.py")
_NODE_RUNNER = Path(__file__).with_name("proof_runner.cjs")
_EXAMPLES = {"python": {"python"}, "js": {"js", "ts"}}
"""What a proof in a language can run; TypeScript needs ``typescript`` among what it requires."""


class ProofError(AssertionError):
    """The claim does not hold, or could not be tried."""


def can_run(proof: Proof) -> bool:
    """Whether this machine has what runs the proof."""
    return proof.language == "python" or bool(shutil.which("node") and shutil.which("npm"))


def run(rule: Rule, proof: Proof) -> None:
    """Run a proof of a page against its pinned libraries, in a process of its own."""
    job = {
        "packages": str(installed(proof.requires, language=proof.language)),
        "page": str(rule.file),
        "line": proof.line,
        "code": proof.code,
        "examples": [
            {
                "section": section,
                "title": example.title,
                "language": file.language,
                "line": file.line,
                "code": file.text,
            }
            for section in ("Bad", "Fixed", "Good")
            for example in rule.examples(section)
            for file in [f for f in example.files if f.language in _EXAMPLES[proof.language]][:1]
        ],
    }
    try:
        with tempfile.TemporaryDirectory() as directory:  # for what an example writes
            process = subprocess.run(
                _command(proof.language),
                check=False,
                input=json.dumps(job),
                capture_output=True,
                cwd=directory,
                encoding="utf-8",
                timeout=SECONDS,
            )
    except subprocess.TimeoutExpired as error:
        raise ProofError(f"the proof ran for more than {SECONDS} s") from error
    if process.returncode:
        raise ProofError(f"with {', '.join(proof.requires)}:\n{process.stderr}{process.stdout}")


def _command(language: str) -> list[str]:
    if language == "js":
        return ["node", str(_NODE_RUNNER)]
    # -I and -S: no environment, no user's and no project's packages on sys.path.
    return [sys.executable, "-I", "-S", str(_RUNNER)]


def installed(
    requires: tuple[str, ...], cache: Path | None = None, language: str = "python"
) -> Path:
    """The directory that holds these requirements and what they need, installed once.

    The directory appears complete or not at all; the lock makes parallel test workers wait
    for the one that installs.
    """
    cache = cache or _cache()
    cache.mkdir(parents=True, exist_ok=True)
    directory = cache / _directory_name(requires)
    with (cache / f"{directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            _install(requires, directory, language)
    return directory


def _install(requires: tuple[str, ...], directory: Path, language: str) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=directory.parent))
    try:
        process = subprocess.run(
            [*_installer(language, unfinished), *requires],
            check=False,
            capture_output=True,
            encoding="utf-8",
            # A proof names its versions itself.
            env={key: value for key, value in os.environ.items() if key != "PIP_CONSTRAINT"},
        )
        if process.returncode:
            raise ProofError(f"could not install {', '.join(requires)}:\n{process.stderr}")
        unfinished.rename(directory)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _installer(language: str, target: Path) -> list[str]:
    if language == "js":
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        return ["npm", "install", *quiet, "--prefix", str(target)]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [*pip, "--target", str(target)]


def _cache() -> Path:
    if given := os.environ.get("JWTAUDIT_PROOF_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "jwtaudit-proofs"


def _directory_name(requires: tuple[str, ...]) -> str:
    """A readable name; the hash keeps apart what the name clips, and Python versions."""
    wanted = sorted(requires)
    readable = re.sub(r"[^\w.=@-]+", "-", "+".join(wanted))[:60]
    identity = json.dumps([wanted, sys.implementation.cache_tag, sys.platform])
    return f"{readable}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"
