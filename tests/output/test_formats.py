"""What holds for every format: hostile input, nothing lost, no secret, the same bytes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jwtaudit import output
from jwtaudit.finding import Diagnostic, Draft, Report, Statistics
from jwtaudit.redact import Redactor
from jwtaudit.source import Place, Source, Span

from . import samples
from .samples import CLEAN, CRITICAL, EMPTY, SECRET, render, report

if TYPE_CHECKING:
    from jwtaudit.finding import Finding

FORMATS = output.names()


def hostile(path: str, text: str, message: str) -> Finding:
    source = Source(path, text.encode("utf-8", "surrogatepass"), text)
    redactor = Redactor({path: source}.get)
    place = Place(path, Span(0, max(len(text), 1)))
    step = ((place, message),)
    draft = Draft("x", place, message, trace=step * 2, related=step, advice=message)
    return redactor.finding(replace(draft, notes=(message,)), CRITICAL)


def test_formats_are_found_without_a_list() -> None:
    assert FORMATS == ["concise", "github", "json", "jsonl", "sarif", "text"]


@pytest.mark.parametrize("name", ["", "yaml", "..text", "os.path", "__init__"])
def test_unknown_format_names_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match="concise, github, json"):
        output.find(name)


EVIL = [
    "\n::error::pwned",
    "\r::set-output name=a::b",
    "\n  ::add-mask::x",
    "##vso[task.setvariable variable=x]y",
    "\n##teamcity[buildStatus status='SUCCESS']",
    "##[add-mask]x",
    "::error::at the beginning",
    "\x1b]0;title\x07\x1b[31mred\x9b31m",
    "\u202eevil\u2066\u200b\u2028::error::x\u2029\x85::error::y",
    "\udc80\udcff",
]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
@pytest.mark.parametrize("width", [0, 40])
def test_data_gives_no_orders(name: str, evil: str, width: int) -> None:
    files = [hostile(f"{evil}.py", evil + "\n" + evil, evil + " " + evil)]
    diagnostics = (Diagnostic(evil, evil, evil + " " + evil, 1),)
    given = Report(
        tuple(files), tuple(files), diagnostics=diagnostics, statistics=Statistics(1, 1, 1)
    )
    text = render(name, given, width=width, verbosity=1)
    for line in re.split(r"[\r\n\x0b\x0c\x85\u2028\u2029]", text):
        if name == "github" and re.match(r"::error file=[^:]*::", line):
            line = line.partition("::")[2].partition("::")[2]  # noqa: PLW2901
        assert not re.match(r"\s*::", line), line
        if name in ("text", "concise", "github"):
            assert not re.search(r"##(vso|teamcity)?\[", line), line
    assert not re.search(
        r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\u2066\u2028\ud800-\udfff]", text
    )


@pytest.mark.parametrize("name", FORMATS)
def test_no_secret_leaves(name: str) -> None:
    text = render(name, report(), verbosity=1)
    assert "Whoever reads the source" in text
    assert SECRET not in text
    assert "s3cr3t" not in text


@pytest.mark.parametrize("name", FORMATS)
def test_same_bytes_twice(name: str) -> None:
    assert render(name, report()) == render(name, report())


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_every_stream_can_take_it(name: str, encoding: str) -> None:
    assert "JWT202" in render(name, report(), encoding)


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_lost(name: str) -> None:
    text = render(name, report())
    for wanted in ("app/bad.py", "unparsable", "unexpected indent", "unused-suppression"):
        assert wanted in text
    assert re.search(r"2 binary|\"binary\": 2|binary\): 2", text)
    assert re.search(
        r"1 suppressed|\"count\": 1|\"type\": \"suppressed\"|suppressed in .*: 1", text
    )


@pytest.mark.parametrize("name", FORMATS)
def test_no_files_is_not_clean(name: str) -> None:
    assert render(name, EMPTY) != render(name, CLEAN)


@pytest.mark.parametrize("name", FORMATS)
def test_columns_count_characters(name: str) -> None:
    text = render(name, report())
    column = samples.FILES["app/auth.py"].splitlines()[-1].index("read") + 1
    assert re.search(rf"auth.py:10:{column}|line=10,col={column}|olumn\": {column}\b", text)


def test_concise_is_one_line_per_finding() -> None:
    lines = render("concise", report(), verbosity=-1).splitlines()
    assert lines[0] == (
        "app/auth.py:5:12: JWT104 [high]"
        " The signature is not verified, so anyone can write any claim."
    )
    assert lines[3] == "app/bad.py:3: error[unparsable]: unexpected indent"
    assert len(lines) == 5


def test_github_annotations() -> None:
    lines = render("github", report(), verbosity=-1).splitlines()
    assert lines[2] == (
        "::error file=app/config.py,line=3,col=34,endLine=3,endColumn=51,title=JWT202 fallback-key"
        "::Whoever reads the source mints tokens while JWT_SECRET is not set"
        "%0ARead the key without a default."
    )
    assert [re.match(r"::(\w+)", line)[1] for line in lines] == [
        "error",
        "warning",
        "error",
        "error",
        "warning",
    ]


def test_github_escapes_properties_and_data() -> None:
    given = Report((hostile("a:b,c%.py", "x", "100% sure"),), statistics=Statistics(1, 1))
    text = render("github", given)
    assert "file=a%3Ab%2Cc%25.py,line" in text
    assert "::100%25 sure%0A" in text


def test_json_lines_hold_what_json_holds() -> None:
    document = json.loads(render("json", report()))
    lines = [json.loads(line) for line in render("jsonl", report()).splitlines()]
    assert [line.pop("type") for line in lines] == [
        "run",
        *["finding"] * 3,
        "suppressed",
        *["diagnostic"] * 2,
        "statistics",
    ]
    assert lines[1:4] == document["findings"]
    assert lines[4:5] == document["suppressed"]["findings"]
    assert lines[5:7] == document["diagnostics"]
    assert lines[7] == document["statistics"]
