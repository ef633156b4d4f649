"""What is reported: findings and diagnostics as plain data.

A check yields a ``Draft``, in offsets and with texts as it found them. ``redact`` turns it into
a ``Finding``, ready to print: no secret, no control character, lines and columns.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jwtaudit.repair import Repair
    from jwtaudit.source import Place


class Severity(enum.IntEnum):
    """What an attacker gets, by what the library and version really do."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The name in lower case, as users type it."""
        return self.name.lower()


class Confidence(enum.IntEnum):
    """How sure we are that it happens."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def label(self) -> str:
        """The name in lower case, as users type it."""
        return self.name.lower()


@dataclass(slots=True)
class Draft:
    """What a check says, before redaction.

    Attributes:
        rule: the rule's name (``hardcoded-key``).
        place: the primary place.
        message: one sentence: what is wrong and what an attacker gets. It may quote names from
            the source, never a value.
        trace: how the value got here, source first, the sink last.
        related: other places of the same fault.
        secrets: spans to mask wherever source text is shown (the literals of keys and tokens).
        anchor: dotted names of the enclosing definitions plus what the finding is about; the
            stable part of the fingerprint.
        repair: the cure, where there is one right one.
    """

    rule: str
    place: Place
    message: str
    confidence: Confidence = Confidence.HIGH
    trace: tuple[tuple[Place, str], ...] = ()
    related: tuple[tuple[Place, str], ...] = ()
    advice: str = ""
    notes: tuple[str, ...] = ()
    secrets: tuple[Place, ...] = ()
    anchor: str = ""
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """A region of a file, in lines and columns from 1; columns count characters, the end is open.

    Attributes:
        path: relative to the scan root, with forward slashes, as on disk (not escaped).
        start_byte: offset of the region in the file's bytes; ``end_byte`` is open.
        lines: the redacted source lines from ``start_line`` to ``end_line`` (at most
            ``MAX_LINES``). Masking keeps every character's column.
        shift: how many columns were cut off at the left of ``lines``, where lines are long.
    """

    path: str
    start_line: int
    start_column: int
    end_line: int
    end_column: int
    start_byte: int
    end_byte: int
    lines: tuple[str, ...] = ()
    shift: int = 0


MAX_LINES = 6


@dataclass(frozen=True, slots=True)
class Step:
    """One annotated place: a step of a trace, or a related use."""

    location: Location
    message: str


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why a finding is not reported: the comment's place and its reason."""

    line: int
    reason: str
    kind: str = "inline"


class Safety(enum.Enum):
    """Whether a fix can change what happens to tokens that are right."""

    SAFE = "safe"
    UNSAFE = "unsafe"


@dataclass(frozen=True, slots=True)
class Edit:
    """New text in place of a region; the region is empty where text is only added."""

    location: Location
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that were made in memory and scanned: the finding goes, and no other comes.

    Attributes:
        title: what they do, as an order.
        edits: by position; they do not overlap.
        diff: the same as lines of a unified diff, redacted.
        alone: whether these edits were scanned without those of other fixes.
    """

    title: str
    safety: Safety
    edits: tuple[Edit, ...]
    diff: tuple[str, ...] = ()
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault at one place.

    Attributes:
        message: one sentence that stands alone: what is wrong and what an attacker gets.
        trace: how the value got here, source first, the sink last; may be empty.
        related: other places of the same fault (further uses of a key).
        advice: what to do.
        fingerprint: hex identity that does not depend on line numbers nor on a secret's text.
        line_hash: GitHub's ``primaryLocationLineHash``, over redacted text.
        notes: facts the judgement rests on ("PyJWT 2.8.0, from requirements.txt").
        fix: the edits that cure it; None also where nobody looked for one.
    """

    rule_id: str
    rule_name: str
    severity: Severity
    confidence: Confidence
    message: str
    location: Location
    trace: tuple[Step, ...] = ()
    related: tuple[Step, ...] = ()
    advice: str = ""
    notes: tuple[str, ...] = ()
    fingerprint: str = ""
    line_hash: str = ""
    suppression: Suppression | None = None
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something the tool has to say about a file or its own run; not a fault in the code.

    Attributes:
        kind: a short stable word: ``unparsable``, ``timeout``, ``unused-suppression`` ...
        error: whether the file was not analysed, so that the run is not "clean" (exit code 2).
    """

    path: str
    kind: str
    message: str
    line: int | None = None
    error: bool = True


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts of a run.

    Attributes:
        matched: files found below the given paths with a known file type.
        analysed: files looked at; each one either held nothing relevant or was parsed.
        parsed: files that a front end turned into facts.
        skipped: reason -> number of files that were passed over by reason.
        hidden: informational findings that were not asked for, and are not shown.
        fixes: whether fixes were looked for.
    """

    matched: int = 0
    analysed: int = 0
    parsed: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    hidden: int = 0
    fixes: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one run; every output format renders exactly this.

    Attributes:
        fixed: what this run has found and fixed.
    """

    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...] = ()
    fixed: tuple[Finding, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    statistics: Statistics = field(default_factory=Statistics)
