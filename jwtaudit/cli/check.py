"""`jwtaudit check`: settings from the file and the command line, a scan, a report."""

from __future__ import annotations

import difflib
import gc
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jwtaudit import config, engine, output
from jwtaudit.cli import CLEAN, ERROR, FINDINGS, close_stdout, say
from jwtaudit.cli.arguments import COMMANDS, UsageError, check_parser, split
from jwtaudit.cli.files import replacing
from jwtaudit.cli.progress import Bar
from jwtaudit.cli.terminal import wants_color, width
from jwtaudit.discovery import Glob, NoSuchPathError, root_of
from jwtaudit.finding import Confidence, Severity

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import TextIO

    from jwtaudit.config import Settings
    from jwtaudit.engine.fixing import Fixing
    from jwtaudit.finding import Finding, Report

_GARBAGE = 2_000_000, 5, 5
"""How many objects are made between two searches for cycles, and when older ones are searched;
facts and trees have none, and to search them again and again costs a fifth of a scan."""


def check(arguments: Sequence[str]) -> int:
    """Scan, report, and return the exit code."""
    gc.set_threshold(*_GARBAGE)
    given = check_parser().parse_intermixed_args(arguments)
    paths = tuple(given.paths or ["."])
    _refuse_contradictions(given, paths)
    try:
        settings = _settings(given, _config_start(paths, given.stdin_filename))
        options = replace(
            settings.options(paths, stdin=_stdin(given, paths), show_secrets=given.show_secrets),
            singly=output.carries_edits(settings.output_format) and not given.diff,
        )
        bar = Bar(enabled=sys.stderr.isatty() and not given.quiet)
        fixing = None
        try:
            if given.fix or given.diff:
                fixing = _fix(options, settings, given, bar)
                report = fixing.report
            else:
                report = engine.run(replace(options, fixes=given.show_fixes), bar)
        finally:
            bar.close()
    except NoSuchPathError as error:
        raise UsageError(_no_such_path(error.path)) from None
    report = _without_asides(report, settings)
    if fixing and given.diff:
        from jwtaudit.cli.fixing import failures, write_diff  # noqa: PLC0415

        write_diff(fixing, sys.stdout)
        for failure in failures(report):
            say(failure)
        return _exit_code(
            replace(report, findings=(*report.findings, *fixing.applied)), settings, given
        )
    _write(report, options, settings.output_format, given)
    if settings.file and not given.quiet:
        _say_configuration(settings, settings.file, verbose=given.verbose)
    return _exit_code(report, settings, given)


def _exit_code(report: Report, settings: Settings, given: argparse.Namespace) -> int:
    if any(diagnostic.error for diagnostic in report.diagnostics):
        return ERROR
    failed = any(finding.severity >= settings.fail_on for finding in report.findings)
    return FINDINGS if failed and not given.exit_zero else CLEAN


def _fix(
    options: engine.Options, settings: Settings, given: argparse.Namespace, bar: Bar
) -> Fixing:
    """Fix in memory; unless it is only to be shown, on disk. What failed is in the report."""
    from jwtaudit.cli import fixing as fixes  # noqa: PLC0415 - few runs fix

    def wanted(finding: Finding) -> bool:
        aside = finding.severity == Severity.INFO and not _asks_for_asides(settings)
        return not aside and fixes.is_wanted(finding, unsafe=given.unsafe_fixes)

    fixing = engine.fix(options, wanted, bar)
    failed = [] if given.diff else fixes.write_changes(fixing)
    if failed:  # what is on disk is not what was scanned last
        report = engine.run(options, bar)
        lost = {diagnostic.path for diagnostic in failed}
        applied = tuple(
            finding
            for finding in fixing.applied
            if finding.fix and lost.isdisjoint(edit.location.path for edit in finding.fix.edits)
        )
        report = replace(report, fixed=applied)
        return replace(fixing, report=fixes.with_diagnostics(report, failed), applied=applied)
    return fixing


def _asks_for_asides(settings: Settings) -> bool:
    return bool(settings.min_severity is not None or settings.select or settings.extend_select)


def _without_asides(report: Report, settings: Settings) -> Report:
    """The report without what is only worth knowing, unless somebody asked for it.

    It is counted, so that nobody takes it for nothing.
    """
    if _asks_for_asides(settings):
        return report
    shown = tuple(f for f in report.findings if f.severity > Severity.INFO)
    hidden = len(report.findings) - len(shown)
    return replace(report, findings=shown, statistics=replace(report.statistics, hidden=hidden))


def _refuse_contradictions(given: argparse.Namespace, paths: tuple[str, ...]) -> None:
    if given.stdin_filename and "-" not in paths:
        raise UsageError("--stdin-filename goes with the path -")
    if "-" in paths and len(paths) > 1:
        raise UsageError("- stands alone: standard input is scanned by itself")
    if given.config and given.isolated:
        raise UsageError("--config and --isolated exclude each other")
    if given.quiet and given.verbose:
        raise UsageError("--quiet and --verbose exclude each other")
    if (given.fix or given.diff) and "-" in paths:
        raise UsageError("--fix and --diff are for files, not for standard input")
    if given.diff and (given.output or given.output_format or given.statistics):
        raise UsageError("--diff stands alone: it shows the changes instead of a report")
    if given.show_secrets and (os.environ.get("CI") or given.output or not sys.stdout.isatty()):
        raise UsageError("--show-secrets is for a terminal only, and not for CI")
    if given.output:
        target = Path(given.output)
        if target.is_dir():
            raise UsageError(f"--output: {given.output} is a directory")
        if not target.absolute().parent.is_dir():
            raise UsageError(f"--output: no such directory: {target.parent}")


def _stdin(given: argparse.Namespace, paths: tuple[str, ...]) -> tuple[str, bytes] | None:
    if paths != ("-",):
        return None
    return given.stdin_filename or "stdin.py", sys.stdin.buffer.read()


def _no_such_path(path: str) -> str:
    near = difflib.get_close_matches(path, COMMANDS, 1, 0.75)
    hint = f"; did you mean the command {near[0]!r}?" if near else ""
    return f"no such file or directory: {path}{hint}"


# -- settings ------------------------------------------------------------------------------------


def _config_start(paths: tuple[str, ...], stdin_filename: str | None) -> Path:
    """Where the search for a configuration file begins: at what is scanned."""
    if paths == ("-",):
        return Path(stdin_filename).absolute().parent if stdin_filename else Path.cwd()
    if len(paths) == 1 and Path(paths[0]).is_dir():
        return Path(os.path.abspath(paths[0]))  # noqa: PTH100 - "..", but no links resolved
    return Path(root_of(paths, str(Path.cwd())))


def _settings(given: argparse.Namespace, start: Path) -> Settings:
    """The file's settings, and over them the command line's."""
    settings = config.Settings()
    if not given.isolated:
        file = Path(given.config) if given.config else config.find(start)
        if file:
            settings = config.load(file)
            if settings.output_format not in output.names():
                known = ", ".join(output.names())
                message = f"output-format must be one of {known}"
                raise config.ConfigError(f"{config.shown(file)}: {message}")
    if given.select is not None:  # then what the file chose does not count
        settings = replace(settings, select=split(given.select), extend_select=(), ignore=())
    if given.exclude is not None:
        settings = replace(settings, exclude=_globs(given.exclude))
    changes = {
        "extend_select": settings.extend_select + split(given.extend_select),
        "ignore": settings.ignore + split(given.ignore),
        "extend_exclude": settings.extend_exclude + _globs(given.extend_exclude),
        "min_severity": given.min_severity and Severity[given.min_severity.upper()],
        "min_confidence": given.min_confidence and Confidence[given.min_confidence.upper()],
        "fail_on": given.fail_on and Severity[given.fail_on.upper()],
        "force_exclude": given.force_exclude,
        "respect_gitignore": given.respect_gitignore,
        "include_docs": given.include_docs,
        "output_format": given.output_format,
        "jobs": given.jobs,
    }
    return replace(settings, **{key: value for key, value in changes.items() if value is not None})


def _globs(values: list[str] | None) -> tuple[Glob, ...]:
    here = str(Path.cwd())
    return tuple(Glob(here, pattern) for pattern in split(values))


def _say_configuration(settings: Settings, file: Path, *, verbose: bool) -> None:
    """A project may weaken its own scan, but not unseen."""
    keys = settings.given if verbose else [k for k in settings.given if k in config.WEAKENING]
    if keys:
        say(f"{config.shown(file)} sets {', '.join(keys)}")
    elif verbose:
        say(f"{config.shown(file)} is the configuration and sets nothing")


# -- the report ----------------------------------------------------------------------------------


def _write(
    report: Report, options: engine.Options, output_format: str, given: argparse.Namespace
) -> None:
    rules = engine.active_rules(options)

    def render(stream: TextIO, style: output.Options) -> None:
        if given.statistics:
            from jwtaudit.output.text import write_statistics  # noqa: PLC0415

            write_statistics(report, rules, stream, style)
        else:
            output.find(output_format)(report, rules, stream, style)

    verbosity = int(given.verbose) - int(given.quiet)
    if given.output:
        with replacing(given.output) as stream:
            render(stream, output.Options(verbosity=verbosity, fixes=given.show_fixes))
        return
    style = output.Options(
        color=wants_color(sys.stdout, off=given.no_color),
        width=width(sys.stdout),
        verbosity=verbosity,
        fixes=given.show_fixes,
    )
    try:
        render(sys.stdout, style)
        sys.stdout.flush()
    except BrokenPipeError:
        close_stdout()  # the exit code is known all the same
