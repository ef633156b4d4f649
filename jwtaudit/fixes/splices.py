"""What an edit is as long as it concerns the text of one file only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Splice(NamedTuple):
    """Text in place of a range of characters."""

    start: int
    end: int
    text: str


class _Part(NamedTuple):
    """A range of a text that has been put in before, or is to be changed further."""

    start: int
    end: int
    grown: int = 0
    further: Splice | None = None


class Spliced:
    """A text with splices made.

    Attributes:
        text: the text.
        parts: for each splice, in order, where what it has put in stands.
    """

    def __init__(self, text: str, splices: Sequence[Splice]) -> None:
        self.splices = sorted(splices)
        self.parts: list[_Part] = []
        self.text, at = "", 0
        for splice in self.splices:
            self.text += text[at : splice.start]
            start, grown = len(self.text), len(splice.text) - (splice.end - splice.start)
            self.parts.append(_Part(start, start + len(splice.text), grown))
            self.text += splice.text
            at = splice.end
        self.text += text[at:]

    def then(self, further: Sequence[Splice]) -> list[Splice]:
        """What makes of the text before what further splices make of it now."""
        more = (_Part(splice.start, splice.end, further=splice) for splice in further)
        clusters: list[list[_Part]] = []
        for part in sorted((*self.parts, *more), key=lambda part: (part.start, part.end)):
            last = clusters[-1] if clusters else []
            touches = any(part.start <= other.end for other in last)
            if touches and (part.further or any(other.further for other in last)):
                last.append(part)
            else:
                clusters.append([part])
        found = []
        shift = 0
        for cluster in clusters:
            start, end = cluster[0].start, max(part.end for part in cluster)
            text, at = "", start
            for part in cluster:
                if part.further:
                    text += self.text[at : part.start] + part.further.text
                    at = part.end
            grown = sum(part.grown for part in cluster)
            found.append(Splice(start - shift, end - shift - grown, text + self.text[at:end]))
            shift += grown
        return found
