"""Does what CONTRIBUTING.md tells a newcomer: adds its toy rule to the tree given.

Usage: python .ci/toy_rule.py TREE
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

STEP = re.compile(r"^\d\. \*\*Write .*?here `(?P<path>[^`]+)`", re.MULTILINE)
BLOCK = re.compile(
    r"^   (?P<fence>`{3,})\w+\n(?P<text>.*?)^   (?P=fence)$", re.MULTILINE | re.DOTALL
)


def main() -> None:
    """Write each step's block into the file that the step names."""
    tree = Path(sys.argv[1])
    guide = (tree / "CONTRIBUTING.md").read_text(encoding="utf-8")
    steps = list(STEP.finditer(guide))
    if len(steps) != 2:
        sys.exit("CONTRIBUTING.md no longer shows the two files of a toy rule")
    for step in steps:
        block = BLOCK.search(guide, step.end())
        if block is None:
            sys.exit(f"CONTRIBUTING.md shows no text for {step['path']}")
        file = tree / step["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(block["text"]), encoding="utf-8")


if __name__ == "__main__":
    main()
