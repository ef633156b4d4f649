"""Annotations that are no types: old code writes lists, tuples and texts there."""

from support import scan

_APP = """
import jwt


class Tokens:
    def __init__(self, audiences: [str], pair: (str, int) = None, kind: "what it is for" = ""):
        self.audiences = audiences

    def issue(self, claims: {}, scopes: ["read", "write"], nothing: [] = ()):
        return jwt.encode(claims, "hunter2", algorithm="HS256")
"""


def test_an_annotation_that_is_no_type_stops_nothing():
    assert {finding.rule_id for finding in scan({"app.py": _APP})} >= {"JWT201"}
