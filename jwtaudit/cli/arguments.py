"""The options, and what `--help` says of them."""

from __future__ import annotations

import argparse
from typing import NoReturn

from jwtaudit import __version__, output
from jwtaudit.finding import Confidence, Severity

COMMANDS = ("check", "rules", "explain")


class UsageError(Exception):
    """The command line asks for something that cannot be done; the message is one line."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are ours to report."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Every option on one line, where the terminal is wide enough."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)


_DESCRIPTION = """\
Find faults in the handling of JSON Web Tokens.

  jwtaudit [check] [PATH ...]   scan files and directories
  jwtaudit rules                list the rules
  jwtaudit explain RULE         show a rule's page, by id or name
"""
_EPILOG = """\
RULES are ids (JWT201), prefixes (JWT2), groups (keys) or names (hardcoded-key), joined by
commas. A path that is called like a command is written ./rules, or after check.

exit codes: 0 nothing at or above the threshold, 1 findings, 2 wrong usage or configuration, or
a file that could not be analysed
"""


def check_parser() -> argparse.ArgumentParser:
    """The parser of `jwtaudit` and `jwtaudit check`."""
    severities = [level.label for level in Severity]
    confidences = [level.label for level in Confidence]
    parser = _Parser(
        prog="jwtaudit",
        usage="jwtaudit [check] [OPTIONS] [PATH ...]",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=_Formatter,
        allow_abbrev=False,
        add_help=False,
    )
    add = parser.add_argument_group("what to scan").add_argument
    add("paths", nargs="*", metavar="PATH", help="default: the current directory; - is stdin")
    add("--exclude", metavar="GLOBS", action="append", help="leave out, in place of the defaults")
    add("--extend-exclude", metavar="GLOBS", action="append", help="leave out as well")
    add(
        "--force-exclude",
        action="store_true",
        default=None,
        help="leave out also what is named on the command line",
    )
    add(
        "--no-respect-gitignore",
        dest="respect_gitignore",
        action="store_false",
        default=None,
        help="scan also what git ignores",
    )
    add(
        "--include-docs",
        action="store_true",
        default=None,
        help="scan also the fenced code of Markdown files",
    )
    add("--stdin-filename", metavar="FILE", help="the name of what comes from stdin")

    add = parser.add_argument_group("what to look for").add_argument
    add("--select", metavar="RULES", action="append", help="run these rules only")
    add("--extend-select", metavar="RULES", action="append", help="run these rules as well")
    add("--ignore", metavar="RULES", action="append", help="do not run these rules")
    add("--min-severity", metavar="LEVEL", choices=severities, help=", ".join(severities))
    add("--min-confidence", metavar="LEVEL", choices=confidences, help=", ".join(confidences))

    add = parser.add_argument_group("what to say").add_argument
    formats = output.names()
    add("--output-format", metavar="FORMAT", choices=formats, help=", ".join(formats))
    add("--output", "-o", metavar="FILE", help="write to a file instead of stdout")
    add("--statistics", action="store_true", help="count findings per rule instead of showing them")
    add("--show-secrets", action="store_true", help="do not mask secrets; on a terminal only")
    add("--no-color", action="store_true", help="no colours; so does NO_COLOR")
    add("--quiet", "-q", action="store_true", help="findings only, no summary")
    add("--verbose", "-v", action="store_true", help="show suppressed findings and skipped files")

    add = parser.add_argument_group("what to fix").add_argument
    add("--fix", action="store_true", help="carry out safe fixes")
    add("--unsafe-fixes", action="store_true", help="also those that may change who is let in")
    add("--diff", action="store_true", help="show what would be fixed, and write nothing")
    add("--show-fixes", action="store_true", help="show each finding's fix, or all carried out")

    add = parser.add_argument_group("when to fail").add_argument
    add(
        "--fail-on",
        metavar="LEVEL",
        choices=severities,
        help="exit code 1 from this severity on",
    )
    add("--exit-zero", action="store_true", help="exit code 0 also when there are findings")

    add = parser.add_argument_group("configuration and other").add_argument
    add("--config", metavar="FILE", help="use this pyproject.toml or jwtaudit.toml")
    add("--isolated", action="store_true", help="use no configuration file")
    add("--jobs", metavar="N", type=_number, help="worker processes; default: one per processor")
    add("--version", action="version", version=f"jwtaudit {__version__}", help="show the version")
    add("--help", "-h", action="help", help="show this text")
    return parser


def _number(text: str) -> int:
    if not text.isdecimal() or not text.isascii() or not 1 <= int(text[:6]) <= 1024:
        raise argparse.ArgumentTypeError("a number from 1 to 1024 is needed")
    return int(text)


def split(values: list[str] | None) -> tuple[str, ...]:
    """The words of an option that may be repeated and takes several, joined by commas."""
    return tuple(
        part.strip() for value in values or () for part in value.split(",") if part.strip()
    )


def command_parser(command: str, description: str) -> argparse.ArgumentParser:
    """The parser of one of the small commands."""
    parser = _Parser(prog=f"jwtaudit {command}", description=description, allow_abbrev=False)
    parser.add_argument("--no-color", action="store_true", help="no colours")
    return parser
