"""Library models: what the functions of each library mean, by version, read from TOML.

The engine knows roles (``sign``, ``verify``, ``cookie`` ...) and meanings (``key``,
``algorithms`` ...); which function has which role, and which parameter which meaning, is data in
``rules/libraries``. A project may add models of its own wrappers in the same form.
"""

from __future__ import annotations

from jwtaudit.models.reading import ModelError, load
from jwtaudit.models.records import (
    ROLES,
    SCRIPT,
    VERIFYING,
    Condition,
    FrameworkSetting,
    Ineffective,
    Inside,
    Library,
    Model,
    Models,
    Requirement,
    Switch,
    applies,
)

__all__ = [
    "ROLES",
    "SCRIPT",
    "VERIFYING",
    "Condition",
    "FrameworkSetting",
    "Ineffective",
    "Inside",
    "Library",
    "Model",
    "ModelError",
    "Models",
    "Requirement",
    "Switch",
    "applies",
    "load",
]
