"""Writes what fixes make of the bad examples into the section *Fixed* of the rules' pages.

``python .ci/update_fixed.py [--write] [RULE ...]``; without ``--write`` it says which pages differ.
The section's prose, why the fix is safe or not, is kept.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from jwtaudit import catalog, engine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwtaudit.catalog import Example, Rule


def fix_files(rule: Rule, files: Mapping[str, str | bytes]) -> dict[str, bytes]:
    """The files that the rule's fixes change, as they come out."""
    with tempfile.TemporaryDirectory() as directory:
        for path, content in files.items():
            file = Path(directory, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        options = engine.Options(directory=directory, extend_select=(rule.id,))
        fixing = engine.fix(options, lambda finding: finding.rule_id == rule.id)
    return {change.path: change.after for change in fixing.changes}


def fixed_section(rule: Rule) -> str:
    """The examples of the section *Fixed* as they have to be."""
    parts = []
    for example in rule.examples("Bad"):
        fixed = fix_files(rule, {file.path: file.text for file in example.files})
        if fixed:
            parts.append(_block(example, fixed))
    return "\n".join(parts)


def _block(example: Example, fixed: Mapping[str, bytes]) -> str:
    title = f"### {example.title}\n" if example.title else ""
    blocks = []
    for file in example.files:
        if file.path in fixed:
            name = "" if file.path == _default(file.language) else f" file={file.path}"
            blocks.append(f"```{file.language}{name}\n{fixed[file.path].decode()}```\n")
    return title + "".join(blocks)


def _default(language: str) -> str:
    return catalog.DEFAULT_FILES.get(language, "")


def updated(rule: Rule, text: str) -> str:
    """A page's text with its section *Fixed* as it has to be."""
    match = re.search(r"^## Fixed\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    if match is None:
        return text
    prose = re.split(r"^(?:###|```)", match[1], maxsplit=1, flags=re.MULTILINE)[0].strip()
    section = f"## Fixed\n\n{prose}\n\n{fixed_section(rule)}\n"
    return text[: match.start()] + section + text[match.end() :]


def main(arguments: list[str]) -> int:
    """Compare the pages, or write them."""
    named = {argument for argument in arguments if not argument.startswith("-")}
    stale = []
    for rule in catalog.load().rules:
        if rule.fix == "none" or (named and not named & {rule.id, rule.name}):
            continue
        text = rule.file.read_text(encoding="utf-8")
        new = updated(rule, text)
        if new != text:
            stale.append(rule.name)
            if "--write" in arguments:
                rule.file.write_text(new, encoding="utf-8")
    print("\n".join(stale) or "all pages show what fixes do")
    return bool(stale) and "--write" not in arguments


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
