"""Holds the README to the truth: its generated parts must be what the program says.

Usage, from the root of the repository:

    python .ci/check_readme.py            compare; exit code 1 where a part is out of date
    python .ci/check_readme.py --write    bring the generated parts up to date
    python .ci/check_readme.py --command NAME
                                          print the README's shell command of that name
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
REGION = re.compile(
    r"(?P<begin><!-- begin:(?P<name>\w+) -->\n)(?P<text>.*?)(?P<end><!-- end:(?P=name) -->\n)",
    re.DOTALL,
)


def jwtaudit(*arguments: str) -> str:
    """What the program prints, as on a terminal of 80 columns without colour."""
    process = subprocess.run(
        [sys.executable, "-m", "jwtaudit", *arguments],
        check=False,
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONUTF8": "1"},
    )
    if process.returncode not in (0, 1) or not process.stdout:
        sys.exit(f"jwtaudit {' '.join(arguments)} failed:\n{process.stderr}")
    return process.stdout


def shell(*arguments: str) -> str:
    """A command and its output, as a code block."""
    command = " ".join(("jwtaudit", *arguments))
    lines = [line.rstrip() for line in jwtaudit(*arguments).strip().splitlines()]
    return "\n".join(["```console", f"$ {command}", *lines, "```", ""])


def rules() -> str:
    """All rules as a table, each with a link to its page."""
    from jwtaudit import catalog  # noqa: PLC0415

    rows = ["| id | name | severity | what it finds |", "|---|---|---|---|"]
    for rule in catalog.load().rules:
        link = f"[{rule.name}](rules/{rule.group}/{rule.name}.md)"
        summary = rule.summary if rule.default else f"{rule.summary} (off unless selected)"
        rows.append(f"| {rule.id} | {link} | {rule.severity.label} | {summary} |")
    return "\n".join([*rows, ""])


GENERATED: dict[str, Callable[[], str]] = {
    "tour": lambda: shell("tour/"),
    "help": lambda: shell("--help"),
    "rules": rules,
}


def comparable(text: str) -> str:
    """Text without what Python versions write differently: line breaks and ``--out X, -o X``."""
    return " ".join(re.sub(r"(-[\w-]+) [A-Z_]+, (-)", r"\1, \2", text).split())


def wrong_settings(readme: str) -> set[str]:
    """Keys that only one of the configuration and the README's table knows."""
    from jwtaudit import config  # noqa: PLC0415

    section = readme.partition("\n## Configuration\n")[2].partition("\n## ")[0]
    documented = set(re.findall(r"^\| `([a-z.-]+)` \|", section, re.MULTILINE))
    return documented ^ {*config._KEYS, "lifetimes.access", "lifetimes.refresh"}


def command(readme: str, name: str) -> str:
    """The shell block below ``<!-- command:NAME -->``."""
    found = re.search(rf"<!-- command:{name} -->\n```sh\n(.*?)```", readme, re.DOTALL)
    if not found:
        sys.exit(f"README.md has no block <!-- command:{name} -->")
    return found[1]


def main() -> int:
    """Compare, write, or print a command."""
    parser = argparse.ArgumentParser(description="Compare the README with the program.")
    parser.add_argument("--write", action="store_true", help="bring the README up to date")
    parser.add_argument("--command", metavar="NAME", help="print a command of the README")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    readme = README.read_text(encoding="utf-8")
    if arguments.command:
        print(command(readme, arguments.command), end="")
        return 0

    old = {match["name"]: match["text"] for match in REGION.finditer(readme)}
    if old.keys() != GENERATED.keys():
        sys.exit(f"README.md has the parts {sorted(old)}, expected {sorted(GENERATED)}")
    new = {name: generate() for name, generate in GENERATED.items()}
    if arguments.write:
        filled = REGION.sub(lambda m: m["begin"] + new[m["name"]] + m["end"], readme)
        README.write_text(filled, encoding="utf-8")
        return 0
    stale = [name for name in old if comparable(old[name]) != comparable(new[name])]
    for name in stale:
        print(f'README.md: part "{name}" is out of date; run python .ci/check_readme.py --write')
    wrong = wrong_settings(readme)
    for key in sorted(wrong):
        print(f"README.md: the table of settings and the program differ in {key}")
    return 1 if stale or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
