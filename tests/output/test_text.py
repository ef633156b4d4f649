"""The text that people read."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from jwtaudit import output
from jwtaudit.finding import Diagnostic, Draft, Report, Statistics
from jwtaudit.output.text import write_statistics
from jwtaudit.redact import Redactor
from jwtaudit.source import Place, Source, Span

from .samples import CLEAN, CRITICAL, EMPTY, MEDIUM, RULES, render, report

FULL = """\
high[JWT104] verification-off (medium confidence)
The signature is not verified, so anyone can write any claim.
   ╭─▸ app/auth.py:5:12
   │
 5 │ ┏     return jwt.decode(
 6 │ ┃         token,
 7 │ ┃         options={"verify_signature": False},
 8 │ ┗     )
   │
   ╰─ help: jwtaudit explain JWT104

medium[JWT301] no-expiry
It never expires.
    ╭─▸ app/auth.py:10:14
    │
 10 │ mark = "🔒é"; read(token, SECRET)
    │               ━━━━━━━━━━━━━━━━━━━
    │
    ╰─ help: jwtaudit explain JWT301

critical[JWT202] fallback-key
Whoever reads the source mints tokens while JWT_SECRET is not set
   ╭─▸ app/config.py:3:34
   │
 3 │ SECRET = os.getenv("JWT_SECRET", "***************")
   │                                  ━━━━━━━━━━━━━━━━━ 1. SECRET falls back to this literal
   │
   ├─ how it gets there
   │ 2. app/auth.py:2:41
 2 │     return jwt.encode({"sub": user.id}, SECRET, algorithm="HS256")
   │                                         ────── used as key here
   │
   ├─ see also
   │ app/auth.py:10:26  use [0]
   │ app/auth.py:10:26  use [1]
   │ app/auth.py:10:26  use [2]
   │ and 9 more
   │
   ├─ note: PyJWT 2.8.0, from requirements.txt
   │
   ╰─ help: Read the key without a default.
            jwtaudit explain JWT202

error[unparsable] app/bad.py:3: unexpected indent
warning[unused-suppression] app/auth.py:1: nothing to ignore

✖ 3 findings (1 critical, 1 high, 1 medium) in 2 files; 1 suppressed
  5 files analysed, 1 not analysed, 3 skipped (2 binary, 1 link out of the tree)
"""


def test_full_report() -> None:
    assert render("text", report()) == FULL


def test_colour_changes_nothing_else() -> None:
    text = render("text", report(), color=True)
    assert "\x1b[1;91mcritical[JWT202]\x1b[0m" in text
    assert re.sub(r"\x1b\[[\d;]*m", "", text) == FULL


def test_ascii_where_the_stream_knows_no_boxes() -> None:
    text = render("text", report(), "ascii")
    assert '10 | mark = "??"; read(token, SECRET)\n' in text
    assert "    |              ^^^^^^^^^^^^^^^^^^^\n" in text
    assert "   `- help: Read the key" in text


def test_width_is_kept() -> None:
    for width in (40, 60, 80):
        for line in render("text", report(), width=width).splitlines():
            if "│" in line or "╰─" in line:
                # An emoji counts as one here and takes two; places and long words stay whole.
                assert len(line) <= width or re.search(r"\w+\.py:|explain", line), line


def one(text: str, start: int, end: int, **options) -> list[str]:
    redactor = Redactor({"a.py": Source("a.py", text.encode(), text)}.get)
    draft = Draft("x", Place("a.py", Span(start, end)), "Bad.")
    given = Report((redactor.finding(draft, MEDIUM),), statistics=Statistics(1, 1, 1))
    return render("text", given, **options).splitlines()


def test_long_line_is_cut_around_the_span() -> None:
    text = "x = 1; " * 30 + "jwt.decode(t)" + "; y = 2" * 30
    lines = one(text, 210, 223, width=60)
    frame, below = lines[4], lines[5]
    assert frame.startswith(" 1 │ …")
    assert frame.endswith("…")
    assert len(frame) <= 60
    start, end = below.index("━"), below.rindex("━") + 1
    assert frame[start:end] == "jwt.decode(t)"


def test_underline_below_a_very_long_line() -> None:
    text = "a" * 5000 + "jwt.decode(t)" + "b" * 5000
    frame, below = one(text, 5000, 5013)[4:6]
    assert len(frame) < 220
    assert frame[below.index("━") : below.rindex("━") + 1] == "jwt.decode(t)"


def test_tabs_are_four_wide() -> None:
    frame, below = one("\tdecode(t)", 1, 7)[4:6]
    assert frame == " 1 │     decode(t)"
    assert below == "   │     ━━━━━━"


def test_wide_characters_take_two_cells() -> None:
    below = one("'鍵🔒'; decode(t)", 6, 12)[5]
    assert below == "   │ " + " " * 8 + "━" * 6


def test_many_lines_are_said() -> None:
    text = "decode(\n" + "  a,\n" * 20 + ")"
    lines = one(text, 0, len(text))
    assert " 6 │ ┃   a," in lines
    assert "   │ ┗ and 16 more lines" in lines


def test_no_frames() -> None:
    text = render("text", report(), frames=False)
    assert "os.getenv" not in text
    assert "2. app/auth.py:2:41  used as key here" in text


def test_outcomes_differ() -> None:
    broken = Report((), diagnostics=(Diagnostic("a.py", "timeout", "took 10 s"),))
    assert render("text", CLEAN) == "✔ No findings\n  4 files analysed\n"
    assert render("text", EMPTY) == "✖ No files matched: nothing was analysed\n"
    assert "✖ No findings, but 1 file could not be analysed\n" in render("text", broken)


def test_quiet_leaves_the_summary_out() -> None:
    assert render("text", CLEAN, verbosity=-1) == ""
    assert "3 findings" not in render("text", report(), verbosity=-1)


def test_verbose_lists_what_is_suppressed() -> None:
    line = "suppressed (inline) app/auth.py:5:12 JWT104 verification-off: a test's token\n"
    assert line in render("text", report(), verbosity=1)


def test_statistics_count_by_rule() -> None:
    found = report().findings
    given = Report((*found, replace(found[0], rule_id=CRITICAL.id)))
    stream = io.StringIO()
    write_statistics(given, RULES, stream, output.Options())
    assert stream.getvalue() == (
        "2  JWT202  critical  fallback-key      A signing key has a fallback in the source\n"
        "1  JWT104  high      verification-off  A signing key has a fallback in the source\n"
        "1  JWT301  medium    no-expiry         A signing key has a fallback in the source\n"
    )
