"""What tests share: one way to scan a few files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jwtaudit.finding import Finding


def scan(files: Mapping[str, str | bytes], rules: Iterable[str] | None = None) -> list[Finding]:
    """The findings in a project of these files, by all rules or by those given."""
    with tempfile.TemporaryDirectory() as directory:
        for path, content in files.items():
            file = Path(directory, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        # Until the engine runs: engine.run(engine.Options(directory=..., select=...)).
        return _join(Path(directory), rules)


def _join(root: Path, rules: Iterable[str] | None) -> list[Finding]:
    """What the engine will do, without selection, isolation and suppressions."""
    from jwtaudit import catalog, checks, models, redact
    from jwtaudit.finding import Draft
    from jwtaudit.frontends import extract, language_of, read
    from jwtaudit.program import Project
    from jwtaudit.program.options import RuleOptions

    try:
        from jwtaudit import dependencies

        versions = dependencies.read(root)
    except (ImportError, AttributeError, TypeError):
        versions = None
    paths = [
        path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*"))
        if path.is_file() and language_of(path.name)
    ]
    sources = {path: read(path, Path(root, path).read_bytes()) for path in paths}
    facts = [extract(path, source.data) for path, source in sources.items()]
    project = Project(facts, models.load(), versions, RuleOptions(), None, paths)
    known = catalog.load()
    chosen = known.select(rules) if rules is not None else {rule.id for rule in known.rules}
    names = {rule.name for rule in known.rules if rule.id in chosen}
    drafts = []
    for draft in checks.run(project, names):
        assert isinstance(draft, Draft), draft
        drafts.append((draft, known.find(draft.rule)))
    secrets = {place for draft, _ in drafts for place in draft.secrets}
    return redact.Redactor(sources.get, secrets).findings(drafts)
