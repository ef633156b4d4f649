"""Notebooks: the code cells are one program, and its places are places in the file."""

from __future__ import annotations

import json

import pytest

from jwtaudit.frontends import Unparsable, extract
from jwtaudit.frontends.notebook import code
from tests.support import scan


def cell(source, kind="code"):
    return {"cell_type": kind, "metadata": {"tags": ["source"]}, "outputs": [], "source": source}


CELLS = [
    cell(["# jwt.encode\n", "prose"], "markdown"),
    cell(["import jwt\n", "%pip install pyjwt\n", '"""ä\\n"""']),
    cell("%%bash\nls"),
    cell('!ls\nKEY = "correct horse battery"\njwt.encode({"sub": 1, "exp": 1}, KEY)'),
]


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_cells(indent, ascii_only):
    text = json.dumps({"cells": CELLS, "nbformat": 4}, indent=indent, ensure_ascii=ascii_only)
    program, offsets = code(text)
    assert program == (
        'import jwt\n#pip install pyjwt\n"""ä\\n"""\n#ls\nKEY = "correct horse battery"\n'
        'jwt.encode({"sub": 1, "exp": 1}, KEY)\n'
    )
    assert len(offsets) == len(program) + 1
    assert text.startswith("jwt.encode(", offsets[program.index("jwt.encode")])


def test_finding():
    text = json.dumps({"cells": CELLS, "nbformat": 4}, indent=1)
    (found,) = (f for f in scan({"a.ipynb": text}) if f.rule_id == "JWT201")
    line = text.split("\n")[found.location.start_line - 1]
    assert "correct horse battery" in line
    assert line.index('\\"correct') == found.location.start_column - 1


@pytest.mark.parametrize("text", ["", "[]x", '{"cells": [', "import jwt"])
def test_no_notebook(text):
    with pytest.raises(Unparsable):
        extract("a.ipynb", text.encode())


def test_suppression():
    cells = [
        cell(["import jwt\n", 'jwt.encode({}, "horse")  # jwtaudit: ignore[JWT201, JWT301]\n'])
    ]
    text = json.dumps({"cells": cells, "nbformat": 4}, indent=1)
    assert not {"JWT201", "JWT301"} & {f.rule_id for f in scan({"a.ipynb": text})}
