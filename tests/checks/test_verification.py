"""What the pages of the verification group cannot say: messages, traces, notes and silences."""

from __future__ import annotations

import textwrap

from support import scan


def _scan(code, rule, **files):
    found = scan({"app.py": textwrap.dedent(code), **files})
    return [finding for finding in found if finding.rule_id == rule]


UNVERIFIED = """
    import jwt

    def authenticate(request):
        claims = jwt.decode(request.headers["x"], options={"verify_signature": False})
        request.user = claims["sub"]
"""


def test_unverified_claims_are_traced_from_the_switch_to_the_use():
    (finding,) = _scan(UNVERIFIED, "JWT101")
    assert "PyJWT does not verify the token here" in finding.message
    assert [step.location.start_line for step in finding.trace] == [5, 5, 6]
    assert "claim `sub`" in finding.trace[-1].message


def test_the_assumed_version_is_said():
    (finding,) = _scan(UNVERIFIED, "JWT101")
    assert any("is assumed" in note for note in finding.notes)
    (pinned,) = _scan(UNVERIFIED, "JWT101", **{"requirements.txt": "pyjwt==2.8.0\n"})
    assert not any("is assumed" in note for note in pinned.notes)


def test_verifying_in_another_branch_does_not_help():
    code = """
        import jwt

        def authenticate(request, key, strict):
            token = request.headers["x"]
            if strict:
                claims = jwt.decode(token, key, algorithms=["HS256"])
            else:
                claims = jwt.decode(token, options={"verify_signature": False})
            request.user = claims["sub"]
    """
    (finding,) = _scan(code, "JWT101")
    assert finding.location.start_line == 9


def test_another_token_verified_does_not_help():
    code = """
        import jwt

        def authenticate(request, key):
            jwt.decode(request.headers["a"], key, algorithms=["HS256"])
            claims = jwt.decode(request.headers["b"], options={"verify_signature": False})
            request.user = claims["sub"]
    """
    assert len(_scan(code, "JWT101")) == 1


def test_two_callers_of_a_reader_are_judged_apart():
    code = """
        import jwt

        def peek(token):
            return jwt.decode(token, options={"verify_signature": False})

        def careful(request, key):
            token = request.headers["x"]
            jwt.decode(token, key, algorithms=["HS256"])
            request.user = peek(token)["sub"]

        def careless(request):
            request.user = peek(request.headers["x"])["sub"]
    """
    (finding,) = _scan(code, "JWT101")
    assert finding.trace[-1].location.start_line == 13


def test_printing_claims_is_no_authority():
    code = """
        import sys
        import jwt

        def main():
            print(jwt.decode(sys.argv[1], options={"verify_signature": False}))
    """
    assert not _scan(code, "JWT101")


def test_tests_are_silent():
    files = {"tests/test_app.py": textwrap.dedent(UNVERIFIED)}
    assert not [f for f in scan(files) if f.rule_id == "JWT101"]


def test_an_ignored_option_names_the_right_spelling():
    code = """
        import jwt

        def read(token, key):
            return jwt.decode(token, key, algorithms=["HS256"], options={"verify_expp": False})
    """
    (finding,) = _scan(code, "JWT110")
    assert "verify_exp" in finding.advice


def test_one_cause_one_finding_for_a_misspelt_list():
    code = """
        import jwt

        def read(token, key):
            return jwt.decode(token, key, algorithm="HS256")
    """
    assert len(_scan(code, "JWT110")) == 1
    assert not _scan(code, "JWT105")


def test_a_call_that_always_fails_is_called_a_bug():
    code = """
        import jwt

        def read(token, key):
            return jwt.decode(token, key)
    """
    (unknown,) = _scan(code, "JWT105")
    assert "raises for every token" in unknown.message
    assert "an older version takes any algorithm" in unknown.message
    assert unknown.confidence.label == "medium"
    (known,) = _scan(code, "JWT105", **{"requirements.txt": "pyjwt==2.8.0\n"})
    assert "PyJWT 2.8.0 raises" in known.message
    assert known.confidence.label == "low"
    (old,) = _scan(code, "JWT105", **{"requirements.txt": "pyjwt==1.7.1\n"})
    assert "whatever algorithm the token names" in old.message
    assert old.confidence.label == "high"
