"""Security linter and static auditor for JSON Web Tokens."""

__version__ = "0.1.0"
