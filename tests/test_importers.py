"""Files that use a project's own token code are read, though no word of theirs says so."""

from __future__ import annotations

import pytest

from jwtaudit.engine.importers import Importers
from jwtaudit.frontends import extract
from tests.support import scan

SECURITY = (
    "import os\nimport jwt\n\n\ndef issue(claims):\n"
    '    return jwt.encode(claims, os.environ["KEY"], algorithm="HS256")\n'
)


@pytest.mark.parametrize(
    "read",
    [
        "from app.core.security import issue",
        "from .core.security import issue",
        "from .core import security\nissue = security.issue",
        "import app.core.security as s\nissue = s.issue",
        "from app.core.security import (\n    issue,\n)",
    ],
)
def test_a_caller_without_a_word_is_found(read: str) -> None:
    files = {
        "app/__init__.py": "",
        "app/core/__init__.py": "",
        "app/core/security.py": SECURITY,
        "app/views.py": f'{read}\n\n\ndef login(user):\n    return issue({{"sub": user.id}})\n',
    }
    (found,) = [f for f in scan(files) if f.rule_id == "JWT301"]
    assert any(step.location.path == "app/views.py" for step in (*found.trace, *found.related)) or (
        found.location.path == "app/views.py"
    )


def test_a_caller_of_a_caller_is_found() -> None:
    files = {
        "security.py": SECURITY,
        "service.py": "from security import issue\n\n\ndef session_for(c):\n    return issue(c)\n",
        "views.py": "from service import session_for\n\nsession_for({'sub': '1', 'exp': 1})\n",
    }
    assert not [f for f in scan(files) if f.rule_id == "JWT301"]
    files["views.py"] = files["views.py"].replace(", 'exp': 1", "")
    assert [f for f in scan(files) if f.rule_id == "JWT301"]


def test_a_caller_without_a_word_is_found_in_a_long_file_with_one_elsewhere() -> None:
    views = (
        "from app.security import issue\nfrom jwt.exceptions import InvalidTokenError\n\n\n"
        "def refuse(error):\n    return isinstance(error, InvalidTokenError)\n\n\n"
        "def grant(user):\n    return issue({'sub': user.id})\n"
    )
    filler = "".join(f"\n\ndef page_{number}():\n    return {number}\n" for number in range(20))
    files = {"app/security.py": SECURITY, "app/views.py": views + filler}
    (found,) = [f for f in scan(files) if f.rule_id == "JWT301"]
    assert any(step.location.path == "app/views.py" for step in (*found.trace, *found.related))


def test_a_method_of_an_object_whose_type_a_further_file_names_is_read_in_a_long_file() -> None:
    minting = (
        "import os\nimport jwt\n\n\nclass Tickets:\n    def mint(self, claims):\n"
        '        return jwt.encode(claims, os.environ["KEY"], algorithm="HS256")\n'
    )
    naming = (
        "from typing import Annotated\nfrom fastapi import Depends\n"
        "from minting import Tickets\n\n\ndef tickets():\n    return Tickets()\n\n\n"
        "Office = Annotated[Tickets, Depends(tickets)]\n"
    )
    views = (
        "from naming import Office\n\n\nasync def grant(office: Office, user: str):\n"
        "    return office.mint({'sub': user})\n"
    )
    filler = "".join(f"\n\ndef page_{number}():\n    return {number}\n" for number in range(20))
    files = {"minting.py": minting, "naming.py": naming, "views.py": views + filler}
    assert [f for f in scan(files) if f.rule_id == "JWT301"]


SIGNER = (
    "import jwt\n\n\nclass Signer:\n    def __init__(self, key):\n        self.key = key\n\n"
    "    def mint(self, claims):\n"
    '        return jwt.encode(claims, self.key, algorithm="HS256")\n'
)
ADMIT = (
    "class Admit:\n    def __init__(self, users, pen):\n        self.users = users\n"
    "        self.pen = pen\n\n    def run(self, name):\n"
    "        return self.pen.mint({'sub': self.users.find(name).id})\n"
)


@pytest.mark.parametrize(
    "main",
    [
        "admit = Admit(Users(), Signer(os.environ['KEY']))\n",
        "pen = Signer(os.environ['KEY'])\n\n\ndef admit():\n    return Admit(Users(), pen)\n",
        "def pen():\n    return Signer(os.environ['KEY'])\n\n\n"
        "def admit(pen=Depends(pen)):\n    return Admit(Users(), pen=pen)\n",
        "class Box(containers.DeclarativeContainer):\n"
        "    pen = providers.Singleton(Signer, key=os.environ['KEY'])\n"
        "    admit = providers.Factory(Admit, users=Users, pen=pen)\n",
    ],
)
def test_a_method_of_an_object_that_a_constructor_is_given(main: str) -> None:
    head = (
        "import os\nfrom dependency_injector import containers, providers\n"
        "from fastapi import Depends\nfrom admit import Admit\nfrom signer import Signer\n"
        "from users import Users\n\n\n"
    )
    files = {"signer.py": SIGNER, "admit.py": ADMIT, "main.py": head + main}
    (found,) = [f for f in scan(files) if f.rule_id == "JWT301"]
    assert any(step.location.path == "admit.py" for step in (*found.trace, *found.related))
    files["admit.py"] = ADMIT.replace("id}", "id, 'exp': 1}")
    assert not [f for f in scan(files) if f.rule_id == "JWT301"]


@pytest.mark.parametrize(
    ("made", "keep", "read"),
    [
        ("fastapi import FastAPI", "app.state.pen = {}\n", "request.app.state.pen"),
        ("aiohttp.web import Application", "app['pen'] = {}\n", "request.app['pen']"),
    ],
)
def test_a_method_of_an_object_that_an_application_keeps(made: str, keep: str, read: str) -> None:
    main = (
        f"import os\nfrom signer import Signer\nfrom {made}\n\n"
        f"app = {made.rpartition(' ')[2]}()\n" + keep.format("Signer(os.environ['KEY'])")
    )
    views = f"async def admit(request):\n    return {read}.mint({{'sub': request.user.id}})\n"
    files = {"signer.py": SIGNER, "views.py": views, "main.py": main}
    assert [f for f in scan(files) if f.rule_id == "JWT301"]
    files["views.py"] = views.replace("id}", "id, 'exp': 1}")
    assert not [f for f in scan(files) if f.rule_id == "JWT301"]


def importers(path: str = "app/security.py", text: str = SECURITY) -> Importers:
    return Importers([extract(path, text.encode())], ("jwt",), lambda module: module == "jwt")


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("app/a.py", "from app.security import issue\nissue()", True),
        ("app/a.py", "from .security import issue\nissue()", True),
        ("app/b/a.py", "from ..security import issue\nissue()", True),
        ("main.py", "from app.security import issue\nissue()", True),
        ("elsewhere/x.py", "from app.security import issue\nissue()", True),
        ("elsewhere/x.py", "from .security import issue\nissue()", False),
        ("app/a.py", "from other.place import issue\nissue()", False),
        ("app/a.py", "from app.security import other\nother()", False),
        ("app/a.py", "# from app.security import issue", False),
    ],
)
def test_match(path: str, text: str, expected: bool) -> None:
    assert importers().match(path, text.encode()) is expected


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("shop/api/views.py", "from security import issue\nissue()", True),
        ("shop/api/deep/views.py", "import security\nsecurity.issue()", True),
        ("shop/other/views.py", "from security import issue\nissue()", False),
    ],
)
def test_a_program_that_starts_in_a_folder_of_its_own(path: str, text: str, expected: bool) -> None:
    assert importers("shop/api/security.py").match(path, text.encode()) is expected


def test_what_is_looked_for() -> None:
    assert importers().names == {"issue"}
    assert importers("tests/test_security.py").names == frozenset()
    unrelated = SECURITY + "\n\ndef unrelated():\n    return 1\n"
    assert importers(text=unrelated).names == {"issue"}
    method = "import jwt\n\n\nclass Tokens:\n    def get(self):\n        return jwt.encode({}, K)\n"
    assert importers(text=method).names == {"Tokens"}
    assert importers().seeks
    assert not importers("tests/test_security.py").seeks


# -- JavaScript ----------------------------------------------------------------------------------

TOKENS = (
    'const jwt = require("jsonwebtoken");\n\n'
    "exports.issue = (claims) => jwt.sign(claims, process.env.KEY);\n"
)


MODERN = (
    'import jwt from "jsonwebtoken";\n\n'
    "export function login(claims: object) { return jwt.sign(claims, process.env.KEY!); }\n"
)


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("lib/routes.js", 'const { issue } = require("./security");'),
        ("lib/routes.js", 'const security = require("./security");\nconst issue = security.issue;'),
        ("routes.ts", 'import { issue } from "./lib/security.js";'),
        ("routes.ts", 'import { issue } from "@/lib/security";'),
        ("routes.ts", 'import * as s from "./lib/security";\nconst issue = s.issue;'),
        ("routes.ts", 'import { issue } from "./lib";'),
        ("routes.ts", 'import { login } from "./lib/modern";\nconst issue = login;'),
    ],
)
def test_a_script_without_a_word_is_found(reader: str, text: str) -> None:
    files = {
        "lib/security.js": TOKENS,
        "lib/modern.ts": MODERN,
        "lib/index.ts": 'export * from "./security";\n',
        reader: f"{text}\n\nissue({{ sub: '1', exp: 1 }});\n",
    }
    assert not [f for f in scan(files) if f.rule_id == "JWT301"]
    files[reader] = files[reader].replace(", exp: 1", "")
    assert [f for f in scan(files) if f.rule_id == "JWT301"]
