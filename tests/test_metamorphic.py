"""What must not matter: where a constant stands, what a file is called, how a call is written.

Each change keeps what a program does. The findings stay the same, by rule and confidence; and
where a finding stays in its file, so does its fingerprint.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest
from support import scan
from test_projects import NAMES, files

from jwtaudit import catalog

if TYPE_CHECKING:
    from collections.abc import Callable

Files = dict[str, str]

_OLD = re.compile(r"(?<!\.)\bjwt\b(?=\.)")
_CONSTANT = re.compile(r"^([A-Z_]+) = (\"[^\"]*\"|b\"[^\"]*\"|\d+)$", re.MULTILINE)


def _each(change: Callable[[str], str]) -> Callable[[Files], Files]:
    """The change, made to the text of every program file."""

    def to_all(project: Files) -> Files:
        return {p: change(t) if p.endswith(".py") else t for p, t in project.items()}

    return to_all


def _rewritten(change: Callable[[ast.AST], ast.AST | None]) -> Callable[[Files], Files]:
    """The change, made to every node of the syntax tree; layout and comments are lost."""

    class Rewriter(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            node = self.generic_visit(node)
            return change(node) or node

    return _each(
        lambda text: ast.unparse(ast.fix_missing_locations(Rewriter().visit(ast.parse(text))))
    )


# -- changes that leave everything in its file ---------------------------------------------------


def _comments(text: str) -> str:
    spaced = re.sub(r"^(?=def |class |@)", "\n# a comment\n", text, count=1, flags=re.MULTILINE)
    return f"# a comment\n\n{spaced}"


def _dead_code(text: str) -> str:
    return f"{text}\n\ndef _unused_here(value):\n    if value:\n        return 1\n    return None\n"


def _single_quotes(text: str) -> str:
    return "\n".join(
        line.replace('"', "'") if not re.search(r"'|\"\"\"|\\|f\"", line) else line
        for line in text.split("\n")
    )


def _another_alias(text: str) -> str:
    changed = re.sub(r"^import jwt$", "import jwt as tokenlib", text, flags=re.MULTILINE)
    return _OLD.sub("tokenlib", changed) if changed != text else text


def _keywords_reversed(node: ast.AST) -> ast.AST | None:
    if isinstance(node, ast.Call) and all(k.arg for k in node.keywords):
        node.keywords.reverse()
    return node


def _dict_call(node: ast.AST) -> ast.AST | None:
    if not isinstance(node, ast.Dict) or not all(
        isinstance(k, ast.Constant) and isinstance(k.value, str) and k.value.isidentifier()
        for k in node.keys
    ):
        return None
    keywords = [ast.keyword(k.value, v) for k, v in zip(node.keys, node.values, strict=True)]
    return ast.Call(ast.Name("dict", ast.Load()), [], keywords)


def _spread_dict(node: ast.AST) -> ast.AST | None:
    return ast.Dict([None], [node]) if isinstance(node, ast.Dict) and node.keys else None


IN_PLACE = {
    "comments, dead code, quotes": _each(lambda text: _comments(_dead_code(_single_quotes(text)))),
    "alias of an import": _each(_another_alias),
    "order of keywords": _rewritten(_keywords_reversed),
    "dict()": _rewritten(_dict_call),
    "{**{...}}": _rewritten(_spread_dict),
}


# -- changes that move something -----------------------------------------------------------------


def _beside(path: str, stem: str) -> str:
    return (PurePosixPath(path).parent / f"{stem}.py").as_posix()


def _import_of(path: str, stem: str) -> str:
    """How a file names a module beside it."""
    return f".{stem}" if "/" in path else stem


def _constants_moved(project: Files, write: Callable[[str, str], str], take: str) -> Files:
    moved = dict(project)
    for path, text in project.items():
        found = _CONSTANT.findall(text) if path.endswith(".py") else []
        if not found:
            continue
        stem = f"{PurePosixPath(path).stem.strip('_')}_values"
        moved[_beside(path, stem)] = "\n".join(write(name, value) for name, value in found) + "\n"
        module = _import_of(path, stem)
        moved[path] = _CONSTANT.sub(
            lambda m, module=module: take.format(module=module, name=m[1]), text
        )
    return moved


def _constants_in_a_module(project: Files) -> Files:
    return _constants_moved(
        project, lambda name, value: f"{name} = {value}", "from {module} import {name}"
    )


def _constants_in_a_class(project: Files) -> Files:
    return _constants_moved(
        project,
        lambda name, value: f"class For_{name}:\n    VALUE = {value}",
        "from {module} import For_{name}\n{name} = For_{name}.VALUE",
    )


def _calls_in_helpers(project: Files) -> Files:
    """Every call of the library goes through a function of the project."""
    changed = {}
    for path, text in project.items():
        names = re.findall(r"\bjwt\.(encode|decode)\(", text) if path.endswith(".py") else []
        helpers = [
            f"\n\ndef _through_{name}(*args, **kwargs):\n    return jwt.{name}(*args, **kwargs)\n"
            for name in sorted(set(names))
        ]
        calls = re.sub(r"\bjwt\.(encode|decode)\(", r"_through_\1(", text)
        changed[path] = "".join((calls if names else text, *helpers))
    return changed


def _split_in_two(project: Files) -> Files:
    """The last function of a file moves to one of its own, and is imported from there."""
    changed = dict(project)
    for path, text in project.items():
        if not path.endswith(".py"):
            continue
        body = ast.parse(text).body
        if len(body) < 2 or not isinstance(body[-1], ast.FunctionDef) or body[-1].decorator_list:
            continue
        last = body[-1]
        lines = text.split("\n")
        imports = [n for n in body if isinstance(n, (ast.Import, ast.ImportFrom))]
        before = [
            name
            for node in body[:-1]
            for name in (
                [node.name]
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
                else [t.id for t in getattr(node, "targets", ()) if isinstance(t, ast.Name)]
            )
        ]
        stem = PurePosixPath(path).stem
        new = "\n".join(ast.unparse(node) for node in imports)
        for name in before:
            new += f"\nfrom {_import_of(path, stem)} import {name}"
        new += "\n\n" + "\n".join(lines[last.lineno - 1 :])
        rest = "\n".join(lines[: last.lineno - 1])
        changed[path] = f"{rest}\nfrom {_import_of(path, f'{stem}_more')} import {last.name}\n"
        changed[_beside(path, f"{stem}_more")] = new
    return changed


def _import_renamed(line: str, stems: set[str], packages: set[str]) -> str:
    """A line that imports a module of the project by its new name."""
    within = rf"(?:(?:\.|(?:{'|'.join(packages)})\.)(?:\w*\.)*)?"
    for stem in stems:
        for pattern, new in (
            (rf"^(from {within}){stem} import", rf"\1{stem}_renamed import"),
            (rf"^(import [\w.]*\.){stem}\b", rf"\1{stem}_renamed"),
            (rf"^(from [\w.]+ import) {stem}$", rf"\1 {stem}_renamed as {stem}"),
        ):
            if re.match(pattern, line):
                return re.sub(pattern, new, line)
    return line


def _files_renamed(project: Files) -> Files:
    """Every module is called otherwise, but those whose names say something by themselves."""
    stems = {
        PurePosixPath(path).stem for path in project if path.endswith(".py") and "/" in path
    } - {"__init__", "settings", "base", "production", "middleware"}
    stems = {stem for stem in stems if not any("/" + stem + "/" in f"/{p}" for p in project)}
    packages = {part for path in project for part in PurePosixPath(path).parts[:-1]}
    changed = {}
    for path, text in project.items():
        if not path.endswith(".py"):
            changed[path] = text
            continue
        stem = PurePosixPath(path).stem
        new = _beside(path, f"{stem}_renamed") if stem in stems else path
        changed[new] = "\n".join(
            _import_renamed(line, stems, packages) for line in text.split("\n")
        )
    return changed


MOVING = {
    "constants in another module": _constants_in_a_module,
    "constants in a class": _constants_in_a_class,
    "calls in helpers": _calls_in_helpers,
    "a file split in two": _split_in_two,
    "files renamed": _files_renamed,
}

# Where a change takes away what a rule goes by: why.
_EXCEPT: dict[tuple[str, str], str] = {}


# -- the tests -----------------------------------------------------------------------------------

_found: dict[str, list] = {}


def _before(name: str, project: Files, extend: tuple[str, ...] = ()) -> list:
    if name not in _found:
        _found[name] = scan(project, extend)
    return _found[name]


def _told(findings) -> Counter:
    return Counter((f.rule_id, f.confidence.label) for f in findings)


def _subjects() -> list[object]:
    return [pytest.param(name, files(name, "faulty"), id=name) for name in NAMES]


def _pages() -> list[object]:
    """The first example of some pages that is one program alone: every second, to be quick."""
    found: list[object] = []
    for rule in catalog.load().rules[::2]:
        for example in rule.examples("Bad")[:1]:
            if rule.default and {f.path for f in example.files} == {"example.py"}:
                project = {f.path: f.text for f in example.files}
                found.append(pytest.param(rule.name, project, id=rule.name))
    return found


@pytest.mark.parametrize("change", IN_PLACE)
@pytest.mark.parametrize(("name", "project"), [*_subjects(), *_pages()])
def test_form_changes_nothing(name, project, change, request):
    if reason := _EXCEPT.get((name, change)):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    before, after = _before(name, project), scan(IN_PLACE[change](project))
    assert _told(after) == _told(before)
    assert {f.fingerprint for f in after} == {f.fingerprint for f in before}


@pytest.mark.parametrize("change", MOVING)
@pytest.mark.parametrize(("name", "project"), _subjects())
def test_place_changes_nothing(name, project, change, request):
    if reason := _EXCEPT.get((name, change)):
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    changed = MOVING[change](project)
    assert _told(scan(changed)) == _told(_before(name, project))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("change", MOVING)
def test_careful_stays_silent(name, change):
    changed = MOVING[change](files(name, "careful"))
    assert not [(f.location.path, f.rule_id, f.message) for f in scan(changed)]
