"""Keys in files of their own that are part of the repository."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jwtaudit.facts import Assign, Literal
from jwtaudit.finding import Confidence, Draft
from jwtaudit.program.context import Setting as FileKind
from jwtaudit.program.context import configures_tests, is_sample, is_test, setting_of
from jwtaudit.program.key_uses import KeyUse, key_uses
from jwtaudit.program.named_files import names_file
from jwtaudit.program.store_sources import common_folders
from jwtaudit.source import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jwtaudit.program import Project

DEVELOPMENT = re.compile(
    r"(^|[-_./])(dev|devel|development|devcontainer|local|debug|override)($|[-_./])"
)
"""What a file, or a section of one, is called that serves development."""
_PIPELINES = (".github/", ".circleci/", ".gitlab/", ".buildkite/")


def key_files(project: Project) -> Iterator[Draft]:
    """The files that hold a key, are part of the repository, and are read for tokens."""
    kept = {
        path: Place(path, statement.value.span)
        for path, facts in sorted(project.facts.items())
        if facts.language == "key" and not is_for_tests(path)
        for statement in facts.body
        if isinstance(statement, Assign) and isinstance(statement.value, Literal)
    }
    readers: dict[str, list[KeyUse]] = defaultdict(list)
    for use in key_uses(project) if kept else ():
        named = [path for path in kept if names_file(project, use, path)]
        near = {path: common_folders(path, use.place.path) for path in named}
        for path in named:
            if near[path] == max(near.values()):
                readers[path].append(use)
    for path, place in kept.items():
        uses = readers[path]
        if uses:
            development = DEVELOPMENT.search(path.lower()) or is_sample(path.lower())
            sure = not development and setting_of(path) is not FileKind.EXAMPLE
            yield Draft(
                rule="",
                place=place,
                message="A key stands in a file of its own that is part of the repository: whoever"
                " reads it can mint tokens for any user",
                confidence=Confidence.HIGH if sure else Confidence.LOW,
                related=tuple((u.place, f"{u.library.title} {u.verb} with it") for u in uses),
                advice="Take the file out of the repository, have git ignore it, make a new key,"
                " and treat this one as known.",
                secrets=(place,),
                anchor=PurePosixPath(path).name,
            )


def is_for_tests(path: str) -> bool:
    """Whether a file is there for tests, or for what builds and tests the program."""
    lower = path.lower()
    return (
        is_test(path)
        or any(f"/{lower}".find(f"/{folder}") >= 0 for folder in _PIPELINES)
        or configures_tests(path)
    )
