"""Having claims validated of which only the signature was looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jwtaudit.models import SCRIPT
from jwtaudit.program.claims import claim_sets, has_expectation, is_foreign
from jwtaudit.program.key_material import text_of
from jwtaudit.program.repairs import check_and_require, first_of, require_claim, set_meaning
from jwtaudit.program.requirements import expectation
from jwtaudit.program.scopes import Returned
from jwtaudit.program.signing_evidence import signers_with_key
from jwtaudit.program.sites import Site
from jwtaudit.repair import AddStatement, CallInstead, Repair, Snippet, Unwrap
from jwtaudit.values import ABSENT, Call, Outcome, root_of

if TYPE_CHECKING:
    from jwtaudit.program.project import Project
    from jwtaudit.repair import Change
    from jwtaudit.values import Value


_EXPECTED = {"aud": "audience", "iss": "issuer"}


def expected_again(site: Site, off: Value, claim: str) -> Repair | None:
    """Leave the check of `aud` or `iss` on, which needs to know what to expect.

    What the project's own tokens have is expected of them. Where nothing is said of it, and no
    provider puts it into its tokens, the check stays on without: what it then refuses is said.
    """
    argument = _EXPECTED[claim]
    if has_expectation(site.argument(argument)) or expectation(site, claim) is not None:
        return _left_on(site, off, claim)
    if is_foreign(site):
        return None
    own = [claims for signer in signers_with_key(site) for claims in claim_sets(signer)]
    if own:
        values = {text_of(claims.entries.get(claim, ABSENT)) for claims in own}
        value = values.pop() if len(values) == 1 else None
        change = set_meaning(site, argument, value) if value else None
        said = f", and expect `{claim}` as the project's own tokens have it"
        return _left_on(site, off, claim, said, change) if change else None
    if site.semantic(f"{claim}-not-given") == "reject":
        said = f", so that a token with `{claim}` is refused until it is said which to expect"
    else:
        said = f", so that it counts once it is said which `{claim}` to expect"
    return _left_on(site, off, claim, said)


def _left_on(site: Site, off: Value, claim: str, said: str = "", *more: Change) -> Repair | None:
    """Leave a check on; where what has nothing to compare would pass then, refuse that, too."""
    tried = (check_and_require(site, off, c, more=more, saying=said) for c in ("exp", claim))
    found = [repair for repair in tried if repair is not None]
    return first_of(found) if found else None


def validated(site: Site) -> Repair | None:
    """Have the library validate what it gave."""
    if not site.model.validate:
        return None
    return Repair(
        "Validate the claims before they are used",
        AddStatement(site.place, Snippet(site.model.validate)),
    )


def read_as_claims(project: Project, site: Site) -> Repair | None:
    """Call the library's function for tokens, and take the claims that it gives as they are.

    Where all that becomes of the signed bytes is that they are read as JSON, once.
    """
    changes: list[Change] = [CallInstead(site.place, Snippet(site.model.secure))]
    read = 0
    for use in project.uses(site.call):
        if isinstance(use, Returned) and _is_signed(use.value, site):
            return None
        if not isinstance(use, Call):
            continue
        taken = any(_is_signed(argument.value, site) for argument in use.arguments)
        called = use.receiver is not None and _is_signed(use.receiver, site)
        if not taken and not called:
            continue
        model = project.model_of(use)
        if model is None or model.role != "transform" or (taken and len(use.arguments) != 1):
            return None
        read += model.effect == "json-decode"
        changes.append(Unwrap(use.place, method=called))
    if not site.model.secure or read != 1:
        return None
    title = "Verify with the function that looks at the claims, too"
    asked = require_claim(_verifying(project, site), "exp")
    strict = Repair(title, *changes, *asked.changes) if asked else None
    return Repair(title, *changes, otherwise=strict)


def _verifying(project: Project, site: Site) -> Site:
    """The same call as one of the function that it shall be."""
    prefix = SCRIPT if site.model.name.startswith(SCRIPT) else ""
    named = project.models.named(f"{prefix}{site.model.secure.strip('{}')}")
    model = project.models.select(named, site.version)
    return site if model is None else Site(project, site.call, model)


def _is_signed(value: Value, site: Site) -> bool:
    """Whether a value is what a call gives, or a part of it, and nothing that was read there."""
    value = root_of(value)
    return isinstance(value, Outcome) and value.call.place == site.place
