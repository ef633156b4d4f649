"""Measures what JavaScript costs: 800,000 lines of it, beside what ruff needs for Python.

    python bench/javascript.py [--tokens | --tree DIR] [--rounds 3] [--profile]

Popular npm packages are installed once, and so much of them is taken as makes 800,000 lines that
are neither minified nor bundled: every seventh package has to do with tokens, as in the tree of
``compare.py``, or with ``--tokens`` every third. Ruff gets as many lines of the tree that
``compare.py`` makes, and all of it: the tree to which so much JavaScript is added, to see what
it adds. CPU time (children included) is measured; the least of the rounds counts.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from compare import CACHE, build_tree, cpu

from jwtaudit.discovery import DEFAULT_EXCLUDE, MAX_FILE_SIZE, is_generated

if TYPE_CHECKING:
    from collections.abc import Iterable

LINES = 800_000
# Applications and servers beside libraries, so that there is something to find and to follow.
POPULAR = (
    "express koa fastify hono @nestjs/core @nestjs/common socket.io mongoose sequelize typeorm knex"
    " graphql lodash ramda rxjs date-fns three mathjs aws-sdk@2 webpack eslint @babel/core"
    " prettier@2 vue react-dom @angular/core axios zod joi typescript-eslint ethers@5 web3@1 d3"
    " jquery"
).split()
SOME_TOKENS = "jsonwebtoken jose@5 passport-jwt next-auth@4 google-auth-library".split()
MANY_TOKENS = (
    "@nestjs/jwt @nestjs/passport @hapi/hapi jwt-decode jwt-simple fast-jwt express-jwt koa-jwt"
    " passport better-auth oidc-provider openid-client@5 oidc-client-ts @azure/msal-browser"
    " @azure/msal-node firebase-admin @supabase/supabase-js parse-server verdaccio node-red"
    " @apollo/server"
).split()
_ENDINGS = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")


def build_scripts(name: str, packages: Iterable[str]) -> Path:
    """The tree: packages in alphabetical order, up to so many lines."""
    tree = CACHE / name
    if tree.is_dir():
        return tree
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as made:
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps", "--silent"]
        npm = shutil.which("npm") or "npm"
        subprocess.run([npm, "install", *options, "--prefix", made, *packages], check=True)
        _take(Path(made, "node_modules"), Path(made, "tree"), _ENDINGS)
        Path(made, "tree").rename(tree)
    return tree


def _take(source: Path, target: Path, endings: tuple[str, ...]) -> None:
    """Copy files until there are so many lines: evenly, a part of every directory of packages."""
    files = sorted(p for p in source.rglob("*") if p.suffix in endings and p.is_file())
    files = [p for p in files if p.stat().st_size <= MAX_FILE_SIZE and ".d." not in p.name]
    left_out = set(DEFAULT_EXCLUDE)
    files = [p for p in files if left_out.isdisjoint(p.relative_to(source).parts)]
    sizes = {p: _lines(p, p.read_bytes()) for p in files}
    step = max(sum(sizes.values()) / LINES, 1.0)
    taken = 0.0
    for number, (path, lines) in enumerate((p, n) for p, n in sizes.items() if n):
        taken += 1 / step
        if taken >= 1 or number == 0:
            taken -= 1
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        assert lines


def _lines(path: Path, data: bytes) -> int:
    is_script = path.suffix in _ENDINGS
    return 0 if is_script and is_generated(str(path), data) else data.count(b"\n")


def count(tree: Path, endings: tuple[str, ...]) -> tuple[int, int]:
    """Files and lines of a tree."""
    files = [path for path in tree.rglob("*") if path.suffix in endings and path.is_file()]
    return len(files), sum(path.read_bytes().count(b"\n") for path in files)


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tree", type=Path)
    parser.add_argument("--tokens", action="store_true", help="take a tree that is full of tokens")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="show where the time goes instead")
    options = parser.parse_args()
    name, packages = "popular-scripts", [*POPULAR, *SOME_TOKENS]
    if options.tokens:
        name, packages = "scripts", [*packages, *MANY_TOKENS]
    scripts = (options.tree or build_scripts(name, packages)).resolve()
    ours = ["-m", "jwtaudit", "--isolated", "--exit-zero", "--no-respect-gitignore"]
    ours += ["--statistics"]
    print("{}: {} scripts, {} lines".format(scripts, *count(scripts, _ENDINGS)))
    if options.profile:
        profiled = [sys.executable, "-m", "cProfile", "-s", "tottime", *ours, "--jobs", "1", "."]
        return subprocess.run(profiled, cwd=scripts, check=False).returncode
    little, much = CACHE / "as-much-python", build_tree()
    if not little.is_dir():
        _take(much, little, (".py",))
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "S", "--no-cache"]
    ruff += ["--statistics", "--exit-zero", "."]

    def least(command: list[str], directory: Path) -> float:
        return min(cpu(command, directory) for _ in range(options.rounds))

    taken = least([sys.executable, *ours, "."], scripts)
    together = least([sys.executable, *ours, str(much), str(scripts)], CACHE)
    added = together - least([sys.executable, *ours, str(much)], CACHE)
    print(f"jwtaudit: {taken:.2f} CPU s alone, {added:.2f} CPU s added to the tree of compare.py")
    for tree in (little, much):
        beside = least(ruff, tree)
        files, lines = count(tree, (".py",))
        print(f"ruff on {files} Python files of {lines} lines: {beside:.2f} CPU s", end="; ")
        print(f"jwtaudit / ruff = {taken / beside:.2f} alone, {added / beside:.2f} added")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
