"""The walk: what is taken, what is passed over, and that nothing is lost unsaid."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jwtaudit import discovery
from jwtaudit.discovery import Filters, Glob, Globs, Needles, NoSuchPathError

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX file types")


def is_python(name):
    return name.endswith(".py")


def make(root, *files, text="x\n"):
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def walk(root, *paths, **filters):
    exclude = Filters().exclude + tuple(
        Glob(str(root), pattern) for pattern in filters.pop("extend", ())
    )
    return discovery.walk(
        paths or (".",), str(root), is_python, Filters(exclude=exclude, **filters)
    )


def test_files_are_sorted_and_relative(tmp_path):
    make(tmp_path, "b.py", "a/z.py", "a/b/c.py", "a.txt")
    tree = walk(tmp_path)
    assert list(tree.files) == ["a/b/c.py", "a/z.py", "b.py"]
    assert tree.others == ["a.txt"]
    assert tree.root == str(tmp_path)


def test_same_file_named_twice_is_one(tmp_path):
    make(tmp_path, "a/b.py")
    assert list(walk(tmp_path, "a", "a/b.py", ".").files) == ["a/b.py"]


def test_root_is_the_common_directory_of_paths_elsewhere(tmp_path):
    make(tmp_path, "x/a/1.py", "x/b/2.py", "y/3.py")
    elsewhere = tmp_path / "y"
    tree = discovery.walk(["../x/a", "../x/b/2.py"], str(elsewhere), is_python, Filters())
    assert tree.root == str(tmp_path / "x")
    assert list(tree.files) == ["a/1.py", "b/2.py"]


def test_missing_path_is_an_error(tmp_path):
    with pytest.raises(NoSuchPathError) as caught:
        walk(tmp_path, "nowhere")
    assert caught.value.path == "nowhere"


def test_default_excludes(tmp_path):
    make(tmp_path, "a.py", "node_modules/b.py", ".venv/c.py", "src/build/d.py", ".history/a_1.py")
    tree = walk(tmp_path)
    assert list(tree.files) == ["a.py"]
    assert tree.skipped == {discovery.EXCLUDED: 4}


def test_virtual_environment_of_any_name(tmp_path):
    make(tmp_path, "env/pyvenv.cfg", "env/lib/a.py", "b.py")
    assert list(walk(tmp_path).files) == ["b.py"]
    assert list(walk(tmp_path, "env").files) == ["env/lib/a.py"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("gen", ["a.py", "src/b.py"]),
        ("gen/", ["a.py", "src/b.py"]),
        ("src/gen", ["a.py", "gen/d.py", "src/b.py"]),
        ("./src/gen", ["a.py", "gen/d.py", "src/b.py"]),
        ("src/*.py", ["a.py", "gen/d.py", "src/gen/c.py"]),
        ("src/**", ["a.py", "gen/d.py"]),
        ("**/gen/*.py", ["a.py", "src/b.py"]),
        ("[ab].py", ["gen/d.py", "src/gen/c.py"]),
        ("[!ab].py", ["a.py", "src/b.py"]),
        ("?.py", []),
    ],
)
def test_exclude_patterns(tmp_path, pattern, left):
    make(tmp_path, "a.py", "src/b.py", "src/gen/c.py", "gen/d.py")
    assert list(walk(tmp_path, extend=[pattern]).files) == left


def test_named_files_are_scanned_unless_excludes_are_forced(tmp_path):
    make(tmp_path, "build/a.py", "b.py")
    assert list(walk(tmp_path, "build/a.py").files) == ["build/a.py"]
    forced = walk(tmp_path, "build/a.py", "b.py", force_exclude=True)
    assert list(forced.files) == ["b.py"]
    assert forced.skipped == {discovery.EXCLUDED: 1}


def test_globs_cover_what_is_below():
    globs = Globs([Glob("/p", "tests"), Glob("/p", "a/b")])
    assert globs.cover("/p/x/tests/deep/t.py")
    assert globs.cover("/p/a/b/c.py")
    assert not globs.cover("/p/a/c.py")
    assert not globs.cover("/p/x/a/b/c.py")
    assert not Globs([]).cover("/p/x")


def test_base_directory_is_no_pattern():
    globs = Globs([Glob("/p[1]*", "src/*.py")])
    assert globs.match("/p[1]*/src/a.py")
    assert not globs.match("/p1x/src/a.py")


# -- git -----------------------------------------------------------------------------------------


def test_gitignore(tmp_path):
    (tmp_path / ".git").mkdir()
    make(tmp_path, "a.py", "out/b.py", "sub/keep.py", "sub/drop.py", "sub/deep/drop.py")
    (tmp_path / ".gitignore").write_text("out/\ndrop.py\n")
    (tmp_path / "sub/.gitignore").write_text("!drop.py\n/deep\n")
    tree = walk(tmp_path)
    assert list(tree.files) == ["a.py", "sub/drop.py", "sub/keep.py"]
    assert tree.skipped[discovery.IGNORED] == 2
    everything = walk(tmp_path, respect_gitignore=False)
    assert len(everything.files) == 5


def test_ignore_files_above_count_up_to_the_repository(tmp_path):
    make(tmp_path, "repo/src/a.py", "repo/src/gen.py", "repo/src/private.py", "repo/src/outer.py")
    (tmp_path / ".gitignore").write_text("outer.py\n")
    (tmp_path / "repo/.gitignore").write_text("gen.py\n")
    (tmp_path / "repo/.git/info").mkdir(parents=True)
    (tmp_path / "repo/.git/info/exclude").write_text("private.py\n")
    assert list(walk(tmp_path / "repo", "src").files) == ["src/a.py", "src/outer.py"]


def test_ignored_directory_that_is_named(tmp_path):
    make(tmp_path, "out/a.py")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("out/\n")
    assert list(walk(tmp_path, "out").files) == ["out/a.py"]
    assert list(walk(tmp_path).files) == []


def test_ignore_files_outside_of_a_repository_say_nothing(tmp_path):
    make(tmp_path, "a.py", "out/b.py")
    (tmp_path / ".gitignore").write_text("out/\n")
    assert list(walk(tmp_path).files) == ["a.py", "out/b.py"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_an_index_that_is_a_pipe_is_no_index(tmp_path):
    (tmp_path / ".git").mkdir()
    os.mkfifo(tmp_path / ".git/index")
    (tmp_path / ".gitignore").write_text("out/\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.py").write_text("")
    (tmp_path / "b.py").write_text("")
    assert list(walk(tmp_path).files) == ["b.py"]


@pytest.mark.parametrize("version", ["2", "4"])
def test_what_git_tracks_is_not_ignored(tmp_path, version):
    def git(*arguments):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    make(tmp_path, "a.py", "out/b.py", "out/deep/c.py", "out/deep/d.py", "left/e.py", "f.py")
    (tmp_path / ".gitignore").write_text("out/\nleft/\nf.py\n")
    git("init")
    git("config", "index.version", version)
    git("add", "--force", "a.py", "out/b.py", "out/deep/c.py", "f.py")
    assert list(walk(tmp_path).files) == ["a.py", "f.py", "out/b.py", "out/deep/c.py"]


def test_unreadable_index_tracks_nothing(tmp_path):
    make(tmp_path, "a.py", "b.py")
    (tmp_path / ".gitignore").write_text("b.py\n")
    for data in (b"", b"DIRC", b"DIRC\0\0\0\2\0\0\1\0", b"\xff" * 200):
        (tmp_path / ".git").mkdir(exist_ok=True)
        (tmp_path / ".git/index").write_bytes(data)
        assert list(walk(tmp_path).files) == ["a.py"]


def test_broken_ignore_file_does_not_end_the_walk(tmp_path):
    (tmp_path / ".git").mkdir()
    make(tmp_path, "a.py", "b.py")
    (tmp_path / ".gitignore").write_bytes(b"!\n/\n\xff\xfe[\nb.py\n[a-\n\\")
    assert list(walk(tmp_path).files) == ["a.py"]


def test_pathspec_is_imported_for_an_ignore_file_only(tmp_path):
    make(tmp_path, "a.py")
    code = (
        "import sys; from jwtaudit import discovery as d;"
        f"d.walk(['.'], {str(tmp_path)!r}, lambda n: True, d.Filters());"
        "sys.exit('pathspec' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- what is no plain file -----------------------------------------------------------------------


@posix
def test_links_and_special_files_are_counted(tmp_path):
    outside = tmp_path / "outside.py"
    outside.write_text("x")
    root = tmp_path / "root"
    make(root, "a.py", "script")
    os.mkfifo(root / "fifo.py")
    (root / "out.py").symlink_to(outside)
    (root / "loop").symlink_to(root)
    (root / "again.py").symlink_to(root / "a.py")
    (root / "gone.py").symlink_to(root / "nothing.py")
    (root / "tool.py").symlink_to(root / "script")
    tree = walk(root)
    assert list(tree.files) == ["a.py", "tool.py"]
    assert tree.skipped == {discovery.SPECIAL: 1, discovery.OUTWARD: 1, discovery.LINK: 3}


@posix
def test_named_fifo_is_skipped(tmp_path):
    os.mkfifo(tmp_path / "fifo.py")
    assert walk(tmp_path, "fifo.py").skipped == {discovery.SPECIAL: 1}


@posix
def test_fifo_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo.py")
    with pytest.raises(OSError, match="not a regular file"):
        discovery.read(str(tmp_path / "fifo.py"))


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text")
def test_undecodable_name(tmp_path):
    name = b"caf\xe9.py"
    Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_text("jwt")  # noqa: PTH118
    tree = walk(tmp_path)
    assert list(tree.files) == [os.fsdecode(name)]
    assert discovery.read(tree.files[os.fsdecode(name)]) == b"jwt"


def test_unreadable_directory_is_said(tmp_path, monkeypatch):
    make(tmp_path, "a.py", "locked/b.py")
    scandir = os.scandir

    def refuse(path):
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    tree = walk(tmp_path)
    assert list(tree.files) == ["a.py"]
    [diagnostic] = tree.diagnostics
    assert (diagnostic.path, diagnostic.kind, diagnostic.error) == ("locked", "unreadable", True)


def test_size_limit(tmp_path):
    file = tmp_path / "a.py"
    file.write_bytes(b"x" * 10)
    assert discovery.read(str(file), 10) == b"x" * 10
    with pytest.raises(discovery.TooLargeError):
        discovery.read(str(file), 9)


# -- the byte filter -----------------------------------------------------------------------------


NEEDLES = Needles([b"jwt", b"pyjwt", b"jose"], [b"eyJ"])


@pytest.mark.parametrize(
    ("data", "matches"),
    [
        (b"import jwt", True),
        (b"JWT_KEY", True),
        (b"t = 'eyJhbGci'", True),
        (b"eyjafjallajokull", False),
        (b"import os", False),
        ("naïve text".encode(), False),
        ("import \uff4a\uff57\uff54".encode(), True),
        ("import \U0001d423\U0001d430\U0001d42d".encode(), True),
        ("import jwt".encode("utf-16"), True),
        ("import os".encode("utf-16"), False),
        (b"# coding: rot13\nvzcbeg wjg", True),
        (b"# -*- coding: utf-7 -*-\nimport +AGoAdwB0-", True),
        (b"# -*- coding: iso_8859_15 -*-\nimport os", False),
        (b"# -*- coding: utf-8 -*-\nimport os", False),
        (b"#!/usr/bin/python\n# vim: set fileencoding=rot13 :\nvzcbeg wjg", True),
        (b"import os\n\n# coding: rot13 is a joke", False),
    ],
)
def test_needles(data, matches):
    assert NEEDLES.match(data) is matches


@pytest.mark.parametrize(
    "word",
    [b"localStorage", b"sessionStorage", b"kept_users", b"kept_login", b"id_token", b"alone"],
)
def test_needles_that_have_a_part_in_common(word):
    words = [b"kept_users", b"kept_login", b"set_cookie", b"id_token", b"alone"]
    needles = Needles(words, [b"localStorage", b"sessionStorage"])
    assert needles.match(b"a = %s;" % word)
    assert not needles.match(b"diskstorage, kept_, cookie, token, along")
    assert not needles.match(b"localstorage")  # in this spelling only


def test_needles_are_reduced_to_the_shortest():
    assert NEEDLES.words == (b"jwt", b"jose")


def test_binary():
    assert discovery.is_binary(b"jwt\0")
    assert not discovery.is_binary("jwt".encode("utf-16"))
    assert not discovery.is_binary(b"jwt")


@pytest.mark.parametrize(
    ("path", "data", "generated"),
    [
        ("static/app.min.js", b"", True),
        ("public/main.bundle.js", b"", True),
        ("app.js", b"const a = 1;\n" * 1000, False),
        ("assets/index-4f2a.js", b"const a=1;" * 1000, True),
        ("out.js", b"/* x */ function __webpack_require__(id) {}\n", True),
        ("schema.ts", b"// @generated by a tool\nexport const a = 1;\n", True),
        ("schema.ts", b"/**\n * @generated\n */\nexport const a = 1;\n", True),
        ("auth.ts", b"import { User } from 'src/@generated/user';\n", False),
    ],
)
def test_generated(path, data, generated):
    assert discovery.is_generated(path, data) is generated
