"""Reports that output formats are tried on, made by the real redactor."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

from jwtaudit import output
from jwtaudit.finding import (
    Confidence,
    Diagnostic,
    Draft,
    Report,
    Severity,
    Statistics,
    Suppression,
)
from jwtaudit.redact import Redactor
from jwtaudit.source import Place, Source, Span

SECRET = "s3cr3t-fallback"


@dataclass(frozen=True)
class Rule:
    id: str
    name: str
    group: str
    severity: Severity
    security_severity: float
    summary: str = "A signing key has a fallback in the source"
    precision: str = "high"
    cwe: tuple[int, ...] = (347, 798)
    references: tuple[str, ...] = ("https://www.rfc-editor.org/rfc/rfc8725",)
    help_markdown: str = "# Title\n\nWhy it matters.\n"
    help_text: str = "Why it matters.\n\nWhat to do."

    @property
    def url(self) -> str:
        return f"https://example.org/{self.name}.md"


RULES = [
    Rule("JWT104", "verification-off", "verification", Severity.HIGH, 8.1),
    Rule("JWT202", "fallback-key", "keys", Severity.CRITICAL, 9.1),
    Rule("JWT301", "no-expiry", "claims", Severity.MEDIUM, 5.0),
    Rule("JWT601", "never-fires", "tokens", Severity.INFO, 0.0),
]
HIGH, CRITICAL, MEDIUM, INFO = RULES

FILES = {
    "app/config.py": f'import os\n\nSECRET = os.getenv("JWT_SECRET", "{SECRET}")\n',
    "app/auth.py": (
        "def mint(user):\n"
        '    return jwt.encode({"sub": user.id}, SECRET, algorithm="HS256")\n'
        "\n"
        "def read(token):\n"
        "    return jwt.decode(\n"
        "        token,\n"
        '        options={"verify_signature": False},\n'
        "    )\n"
        "\n"
        'mark = "🔒é"; read(token, SECRET)\n'
    ),
}
SOURCES = {path: Source(path, text.encode(), text) for path, text in FILES.items()}


def place(path: str, what: str, nth: int = 0) -> Place:
    start = -1
    for _ in range(nth + 1):
        start = FILES[path].index(what, start + 1)
    return Place(path, Span(start, start + len(what)))


LITERAL = place("app/config.py", f'"{SECRET}"')
CALL = Place(
    "app/auth.py",
    Span(
        place("app/auth.py", "jwt.decode").span.start, place("app/auth.py", "\n\nmark").span.start
    ),
)
DRAFTS = [
    (
        Draft(
            "fallback-key",
            LITERAL,
            "Whoever reads the source mints tokens while JWT_SECRET is not set",
            trace=(
                (LITERAL, "SECRET falls back to this literal"),
                (place("app/auth.py", "SECRET"), "used as key here"),
            ),
            related=tuple(
                (place("app/auth.py", "SECRET", 1), f"use [{number}]") for number in range(12)
            ),
            advice="Read the key without a default.",
            notes=("PyJWT 2.8.0, from requirements.txt",),
            secrets=(LITERAL,),
            anchor="SECRET",
        ),
        CRITICAL,
    ),
    (
        Draft(
            "verification-off",
            CALL,
            "The signature is not verified, so anyone can write any claim.",
            confidence=Confidence.MEDIUM,
            anchor="read",
        ),
        HIGH,
    ),
    (
        Draft("no-expiry", place("app/auth.py", "read(token, SECRET)"), "It never expires."),
        MEDIUM,
    ),
]


def findings():
    return tuple(Redactor(SOURCES.get, [LITERAL]).findings(DRAFTS))


def report() -> Report:
    found = findings()
    return Report(
        found,
        suppressed=(replace(found[0], suppression=Suppression(4, "a test's token")),),
        diagnostics=(
            Diagnostic("app/bad.py", "unparsable", "unexpected indent", 3),
            Diagnostic("app/auth.py", "unused-suppression", "nothing to ignore", 1, error=False),
        ),
        statistics=Statistics(6, 5, 2, {"link out of the tree": 1, "binary": 2}, fixes=True),
    )


CLEAN = Report((), statistics=Statistics(4, 4, 0))
EMPTY = Report(())


def render(format_: str, given: Report, encoding: str = "utf-8", **options) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    output.find(format_)(given, RULES, stream, output.Options(**options))
    stream.flush()
    return raw.getvalue().decode(encoding)
