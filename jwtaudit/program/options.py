"""What a project may tune in the rules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """Thresholds and words of the rules.

    Attributes:
        max_access_lifetime: longest lifetime of an access token, in seconds.
        max_refresh_lifetime: longest lifetime of a refresh token, in seconds.
        sensitive_claims: further names of claims that must not stand in a payload.
        secret_settings: further names of settings that hold a signing key.
    """

    max_access_lifetime: int = 24 * 3600
    max_refresh_lifetime: int = 90 * 24 * 3600
    sensitive_claims: tuple[str, ...] = ()
    secret_settings: tuple[str, ...] = ()
