"""Stores of settings, where what fills them is left out of the parse at first."""

from tests.support import scan

_LONG = "".join(f"PART_{number} = {number}\n" for number in range(80))


def test_function_that_makes_the_application_is_read_in_a_long_module():
    """A module that uses the library elsewhere is sliced: this function says nothing of it."""
    findings = scan(
        {
            "stages/live.py": 'class Live:\n    SECRET_KEY = "the-moon-over-the-harbour"\n\n\n'
            'STAGES = {"live": Live}\n',
            "shop/__init__.py": "import jwt\nfrom flask import Flask\n\n"
            f"from stages.live import STAGES\n\n{_LONG}\n\n"
            "def create_app(stage):\n"
            "    app = Flask(__name__)\n"
            "    app.config.from_object(STAGES[stage])\n"
            "    return app\n",
            "shop/login.py": "import time\n\nfrom flask import current_app\n\n"
            "from shop import *\n\n\n"
            "def token_for(user):\n"
            '    claims = {"sub": user, "exp": int(time.time()) + 600}\n'
            '    return jwt.encode(claims, current_app.config["SECRET_KEY"], algorithm="HS256")\n',
        }
    )
    assert [(f.rule_id, f.location.path) for f in findings] == [("JWT201", "stages/live.py")]
