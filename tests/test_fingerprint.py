"""Line hashes agree with github/codeql-action: vectors were made by running its code."""

from __future__ import annotations

import pytest

from jwtaudit.fingerprint import LineHashes, identity

VECTORS = {
    "": ["c129715d7a2bc9a3:1"],
    "import jwt\n\nKEY = 1\n": [
        "f6fc755e66ec6da8:1",
        "8d3255b7f02c4e5a:1",
        "70263d8fb746c098:1",
        "c129715d7a2bc9a3:1",
    ],
    "a \r \n\tb\r\nc\rd": [
        "b6731cb574dd1021:1",
        "a5fbde895f7a36da:1",
        "54703d4cd895b18:1",
        "180aee12dab6264:1",
        "a23a3dc5e078b07b:1",
    ],
    "# \U0001f512 key\nx = 1\n": ["d1db73f466d65fe0:1", "8e00d41f0ebba6bf:1", "c129715d7a2bc9a3:1"],
    "\ufeffimport jwt\n": ["8c7c1200cbbd3a28:1", "c129715d7a2bc9a3:1"],
    "return\nreturn\nreturn\nreturn\n": [
        "e9cede0e6e48734b:1",
        "bc3269af881d139d:1",
        "835e535fbd4341c7:1",
        "14263709d6a81be9:1",
        "c129715d7a2bc9a3:1",
    ],
    "long = '" + "ab" * 120 + "'\nz\n": [
        "7bcab65c6900f329:1",
        "95de0951c928fa27:1",
        "c129715d7a2bc9a3:1",
    ],
    "\xe9\u2028\xfc\x0cq\n": ["7bf9f81a1a9a5407:1", "c129715d7a2bc9a3:1"],
}


@pytest.mark.parametrize("text", VECTORS)
def test_hashes_are_github_s(text: str) -> None:
    hashes = LineHashes(text)
    expected = VECTORS[text]
    assert [hashes.of(line) for line in range(1, len(expected) + 1)] == expected


def test_line_beyond_the_end_is_the_last() -> None:
    assert LineHashes("a\nb").of(9) == LineHashes("a\nb").of(2)


def test_identity_tells_each_part_apart() -> None:
    keys = [("R", "a", "b", 0), ("Q", "a", "b", 0), ("R", "ab", "", 0), ("R", "a", "b", 1)]
    assert len({identity(*key) for key in keys}) == 4
    assert identity(*keys[0]) == identity(*keys[0])
    assert identity("R", "\udcff", "", 0)
