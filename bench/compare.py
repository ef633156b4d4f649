"""Compares a cold scan with ruff and Bandit, on a tree of installed packages, in one run.

    python bench/compare.py [--tree DIR] [--rounds 3] [--no-bandit] [--cross-file]

Without ``--tree`` an ordinary tree is built once: popular packages, of which few know of tokens.
CPU time (user and system, children included) is measured; the least of the rounds counts. What
matters are the ratios: the two tools stand beside us in the same run on the same machine.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

# Pinned loosely on purpose: the ratio does not depend on a release.
ORDINARY = (
    "django flask fastapi starlette requests httpx aiohttp sqlalchemy sphinx ansible-core celery"
    " pytest mypy pylint jinja2 werkzeug botocore boto3 twisted scrapy networkx sympy pydantic"
    " tornado docutils setuptools pyjwt flask-jwt-extended djangorestframework google-auth"
).split()
# The same scan without what leads out of the files that speak of tokens: no file is added for
# what it imports, none is loaded for what it defines.
ALONE = """
from jwtaudit import cli
from jwtaudit.engine import loading
loading.Loader.add_importers = lambda run, facts: None
loading.Loader.module = lambda run, path: None
cli.run()
"""
CACHE = Path(os.environ.get("JWTAUDIT_BENCH_CACHE", Path.home() / ".cache" / "jwtaudit-bench"))


def build_tree() -> Path:
    tree = CACHE / "ordinary"
    if not tree.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as made:
            target = Path(made) / "tree"
            command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile"]
            subprocess.run([*command, "--target", str(target), *ORDINARY], check=True)
            target.rename(tree)
    return tree


def cpu(command: list[str], cwd: Path) -> float:
    """CPU seconds of a command and its children."""
    # What is installed has its bytecode; a cold scan does not compile the scanner.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, cwd=cwd, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    if (
        "No module named" in done.stderr
    ):  # a tool that is not installed is quick, and proves nothing
        sys.exit(f"{done.stderr.strip()}: install it, or leave it out")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def imported(command: list[str], cwd: Path) -> set[str]:
    """The modules that a command imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command],
        cwd=cwd, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}


def count(tree: Path) -> tuple[int, int]:
    files = [path for path in tree.rglob("*.py") if path.is_file()]
    return len(files), sum(path.read_bytes().count(b"\n") for path in files)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tree", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-bandit", action="store_true")
    parser.add_argument(
        "--cross-file", action="store_true", help="tell what following imports adds to the scan"
    )
    options = parser.parse_args()
    tree = (options.tree or build_tree()).resolve()
    files, lines = count(tree)
    print(f"{tree}: {files} Python files, {lines} lines")
    module = [sys.executable, "-m"]
    commands = {
        name: [*module, *arguments.split(), "."]
        for name, arguments in {
            "jwtaudit": "jwtaudit --isolated --exit-zero --no-respect-gitignore",
            "ruff": "ruff check --isolated --select S --no-cache --statistics --exit-zero",
            "bandit": "bandit -r -q",
        }.items()
    }
    if options.no_bandit:
        del commands["bandit"]
    if options.cross_file:
        commands["alone"] = [sys.executable, "-c", ALONE, *commands["jwtaudit"][3:]]
    times: dict[str, float] = {}
    for _ in range(options.rounds):
        for name, command in commands.items():
            if name == "bandit" and name in times:
                continue  # once is enough: it takes minutes
            taken = cpu(command, tree)
            times[name] = min(taken, times.get(name, taken))
    ours = times["jwtaudit"]
    for name, taken in times.items():
        print(f"{name:10} {taken:8.2f} CPU s   jwtaudit / {name} = {ours / taken:.3f}")
    if options.cross_file:
        print(f"the cross-file pass adds {ours / times['alone'] - 1:.0%} to the scan")
    with tempfile.TemporaryDirectory() as directory:
        plain = Path(directory) / "plain.py"
        plain.write_text("print('no words that matter')\n")
        for what, arguments in (("--version", ["--version"]), ("a clean file", [str(plain)])):
            heavy = imported(["-m", "jwtaudit", *arguments], Path(directory)) & {"libcst", "rich"}
            print(f"{what}: imports {', '.join(sorted(heavy)) or 'nothing heavy'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
