"""What a token is signed for, where that is not to let its bearer in."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jwtaudit.program.claims import claim_sets, is_known
from jwtaudit.program.kinds import holders
from jwtaudit.program.names import Sensitivity, is_token_name, names_of, pairs, sensitivity, words
from jwtaudit.program.texts import pieces
from jwtaudit.program.travels import event_values
from jwtaudit.resources import words_of_data
from jwtaudit.values import Const, Outcome

if TYPE_CHECKING:
    from jwtaudit.program.sites import Site


def is_meant_bad(site: Site) -> bool:
    """Whether a token is made to be refused, going by what it, its claims or its maker is called.

    ``expired_token``, ``token_without_exp``; a function has to say that it makes one.
    """
    calls = [site.call.origin or site.call, *site.chain]
    named = [name for call in calls for name in holders(site.project, call, within=call.scope)]
    named += names_of(site.argument("payload"))
    makers = [call.scope.qualname.rpartition(".")[2] for call in site.calls]
    return any(map(_says_bad, named)) or any(
        _says_bad(maker)
        and words(maker)[0] in _words("making") | _words("meant-bad") | _words("lacking")
        for maker in makers
    )


def is_for_tests(site: Site) -> bool:
    """Whether a token is for trying something out, going by its file or by a test around it."""
    return any(
        words(call.scope.qualname.rpartition(".")[2])[:1] == ("test",)
        or _words("for-tests") & set(words(PurePosixPath(call.place.path).stem))
        for call in site.calls
    )


def is_kept_secret(site: Site) -> bool:
    """Whether a token only holds what is to be kept: a password, or whatever is "encrypted" so.

    Not where anything calls it a token after all.
    """
    sets = list(claim_sets(site))
    is_secret = bool(sets) and all(
        is_known(claims)
        and len(claims.entries) == 1
        and all(sensitivity(str(name)) is Sensitivity.CREDENTIAL for name in claims.entries)
        for claims in sets
    )
    calls = [site.call.origin or site.call, *site.chain]
    makers = {word for call in site.calls for word in words(call.scope.qualname)}
    if _words("letting-in") & makers or not (is_secret or _words("storing") & makers):
        return False
    return not any(is_token_name(name) for call in calls for name in holders(site.project, call))


def is_file_name(site: Site) -> bool:
    """Whether a token only makes the name of a file that nobody can guess: `${token}.png`."""
    place = site.calls[-1].place
    return any(
        isinstance(part, Outcome)
        and part.call.place == place
        and isinstance(behind, Const)
        and isinstance(behind.value, str)
        and _ENDING.match(behind.value) is not None
        for event in site.project.holders(place)
        for value in event_values(event)
        for part, behind in pairwise(pieces(value))
    )


_ENDING = re.compile(r"\.[A-Za-z]\w{1,4}(?!\w)")


def _says_bad(name: str) -> bool:
    said = words(name)
    return not _words("meant-bad").isdisjoint(said) or any(
        f"{lacking}_{lacked}" in pairs(name)
        for lacking in _words("lacking").intersection(said)
        for lacked in _words("lacked").intersection(said)
    )


def _words(kind: str) -> frozenset[str]:
    return words_of_data("name-words", kind)
