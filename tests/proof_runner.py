"""Runs one proof. A script of its own, started with ``-I -S``: stdlib and the library, no more.

Standard input holds the job as JSON: ``packages`` (the directory to import from), ``page``,
``line`` and ``code`` (the proof), ``examples`` (section, title, line, code of each).
"""

import json
import site
import sys
import types
from collections.abc import Callable
from typing import Any


def _execute(name: str, page: str, line: int, code: str, **injected: object) -> types.ModuleType:
    """Run code as a module, so that tracebacks show the page's own lines."""
    module = types.ModuleType(name)
    vars(module).update(injected)
    sys.modules[name] = module
    exec(compile("\n" * (line - 1) + code, page, "exec"), vars(module))
    return module


def rejects(function: Callable[..., object], *args: object, **kwargs: object) -> bool:
    """Whether the call raises."""
    try:
        function(*args, **kwargs)
    except Exception:  # noqa: BLE001
        return True
    return False


def main() -> None:
    """Run the proof given on standard input."""
    job: dict[str, Any] = json.load(sys.stdin)
    site.addsitedir(job["packages"])

    def example(section: str, title: str = "") -> types.ModuleType:
        """The example of this page, executed; the title may be left out where there is one."""
        matching = [
            each
            for each in job["examples"]
            if each["section"] == section and title in ("", each["title"])
        ]
        if len(matching) != 1:
            titles = [each["title"] for each in job["examples"] if each["section"] == section]
            raise LookupError(f"example({section!r}, {title!r}) is not one of {titles}")
        [found] = matching
        return _execute(f"example_{section.lower()}", job["page"], found["line"], found["code"])

    _execute("proof", job["page"], job["line"], job["code"], example=example, rejects=rejects)


if __name__ == "__main__":
    main()
