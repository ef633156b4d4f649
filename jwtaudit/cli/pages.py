"""`jwtaudit rules` and `jwtaudit explain`: the rule pages on the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from jwtaudit import catalog
from jwtaudit.cli.arguments import command_parser
from jwtaudit.cli.terminal import wants_color, width

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_WIDTH = 100


def rules(arguments: Sequence[str]) -> int:
    """List the rules."""
    command_parser("rules", "List the rules: id, severity, name, what it finds.").parse_args(
        arguments
    )
    known = catalog.load().rules
    longest = max((len(rule.name) for rule in known), default=0)
    for rule in known:
        off = "" if rule.default else " (off unless selected)"
        sys.stdout.write(
            f"{rule.id}  {rule.severity.label:8}  {rule.name:{longest}}  {rule.summary}{off}\n"
        )
    sys.stdout.flush()
    return 0


def explain(arguments: Sequence[str]) -> int:
    """Show a rule's page."""
    parser = command_parser("explain", "Show a rule's page.")
    parser.add_argument("rule", metavar="RULE", help="a rule's id or name, as in JWT101")
    parser.add_argument("--all", action="store_true", help="show all examples of the page")
    given = parser.parse_args(arguments)
    rule = catalog.load().find(given.rule)
    color = wants_color(sys.stdout, off=given.no_color)
    wide = min(width(sys.stdout) or 80, _MAX_WIDTH)
    sys.stdout.write(rule.render(wide, color=color, whole=given.all))
    sys.stdout.flush()
    return 0
