"""What is masked, what stays readable, what is made harmless; columns hold throughout."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import pytest
from support import grows_with_the_length_alone

from jwtaudit.finding import MAX_LINES, Draft, Location, Severity
from jwtaudit.redact import MAX_WIDTH, Redactor, printable
from jwtaudit.source import Place, Source, Span


@dataclass(frozen=True)
class Rule:
    id: str = "JWT201"
    name: str = "hardcoded-key"
    severity: Severity = Severity.HIGH


def source(text: str, path: str = "a.py") -> Source:
    return Source(path, text.encode("utf-8", "surrogatepass"), text)


def redactor(text: str, *secrets: str, texts: tuple[str, ...] = (), show: bool = False) -> Redactor:
    places = [Place("a.py", Span(text.index(s), text.index(s) + len(s))) for s in secrets]
    return Redactor({"a.py": source(text)}.get, places, texts, show_secrets=show)


def shown(text: str, *secrets: str, **options) -> str:
    """A text as its frames show it."""
    where = redactor(text, *secrets, **options)
    lines = []
    for line in range(text.count("\n") + 1):
        start = sum(len(part) + 1 for part in text.split("\n")[:line])
        lines += where.location(Place("a.py", Span(start, start))).lines
    return "\n".join(lines)


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ('SECRET_KEY = "hunter2"', "hunter2"),
        ("client_secret='hunter2',", "hunter2"),
        ('settings["JWT_SECRET"] = "hunter2"', "hunter2"),
        ('{"password": "hunter2"}', "hunter2"),
        ('SECRET: Final[str] = b"hunter2"', "hunter2"),
        ('if password == "hunter2":', "hunter2"),
        ('secret: Annotated[str, Field(min_length=8)] | None = "hunter2"', "hunter2"),
        ('api_key = ("hunt"\n    "er2")', "er2"),
        ('secret = "hunt" + "er2"', "er2"),
        ('secret = "hun\\"ter2"', "ter2"),
        ('secret = """hunter2"""', "hunter2"),
        ('os.getenv("JWT_SECRET", "hunter2")', "hunter2"),
        ("config('SECRET_KEY', default='hunter2')", "hunter2"),
        (f"t = '{TOKEN}'", TOKEN[:12]),
        (f"# {TOKEN}", TOKEN[-12:]),
        (f"t = '{TOKEN}.abc.defghijkl'", "defghijkl"),
        (f"t = '{TOKEN.rpartition('.')[0]}.'", TOKEN[25:35]),
        (f'"Bearer {"0123456789abcdef" * 2}"', "abcdef"),
        ('{"kty": "oct", "k": "GawgguFyGrWKav7AX4VKUg"}', "Gawgg"),
        ("postgres://app:hunter2@db/x", "hunter2"),
        ("-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----", "MHcC"),
        ('K = "-----BEGIN PRIVATE KEY-----\\nMHcCAQEEIIabcdefgh"', "MHcC"),
    ],
)
def test_masked_whatever_the_drafts_say(text: str, hidden: str) -> None:
    assert hidden in text
    assert hidden not in shown(text)
    assert hidden not in redactor("").text(text)
    assert [len(line) for line in shown(text).split("\n")] == [
        len(line) for line in text.split("\n")
    ]
    assert shown(text, show=True) == text


@pytest.mark.parametrize(
    "version",
    ["9.0.0", "^8.5.1", "8.x", "9.0.0-beta.1", ">=8.5.1 <9.0.0", "^8.0.0 || ^9.0.0", "latest"],
)
def test_versions_stay_readable(version: str) -> None:
    assert shown(f'{{"jsonwebtoken": "{version}"}}') == f'{{"jsonwebtoken": "{version}"}}'


@pytest.mark.parametrize(
    "text",
    [
        'key = os.getenv("JWT_SECRET")',
        'key = os.environ["JWT_SECRET"]',
        'SECRET_ENV = SECRET = "JWT_SECRET_KEY"',
        'jwt.decode(t, key, algorithms=["HS256"], options={"verify_exp": False})',
        '{"token_type": "bearer", "sub": user.id}',
        'response.set_cookie(key="access_token", value=token, httponly=True)',
        'TOKEN_URL = "/login"',
        'secret = "HS256"',
        "keyJsonWebKeySet = load()",
        'if key.startswith("-----BEGIN PRIVATE KEY-----"): return load(key)',
        'localStorage.setItem("token", data.token)',
        'payload["exp"] = now',
        "def f(token: str, audience='me'):",
    ],
)
def test_names_stay_readable(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(
    ("literal", "masked"),
    [
        ('"opensesame9"', '"***********"'),
        ("b'opensesame9'", "b'***********'"),
        ('"""open\nsesame"""', '"""****\n******"""'),
        ('"a" "b"', '"*****"'),
        ("opensesame9", "***********"),
    ],
)
def test_places_are_masked_between_the_quotes(literal: str, masked: str) -> None:
    text = f"jwt.encode(p, {literal}, x)"
    assert shown(text, literal) == f"jwt.encode(p, {masked}, x)"


def test_text_of_a_secret_is_masked_elsewhere() -> None:
    text = 'encode(p, "opensesame9")  # opensesame9'
    where = redactor(text, '"opensesame9"')
    assert where.location(Place("a.py", Span(0, 6))).lines == (
        'encode(p, "***********")  # ***********',
    )
    assert where.text("the key opensesame9 is weak") == "the key *********** is weak"
    assert "decoded!" not in redactor("", texts=("decoded!",)).text("a decoded!value")


def test_ordinary_word_as_secret_leaves_sentences_alone() -> None:
    where = redactor('encode(p, "secret")', '"secret"')
    assert where.text("the secret 'secret' is short") == "the secret '******' is short"
    assert where.location(Place("a.py", Span(0, 6))).lines == ('encode(p, "******")',)


def test_longest_secret_wins() -> None:
    where = redactor("", texts=("open-sesame", "open-sesame-9"))
    assert where.text("open-sesame-9") == "*" * 13


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("\x9b\x7f\x00", r"\x9b\x7f\x00"),
        ("\u202e\u200b\u2028", r"\u202e\u200b\u2028"),
        ("\udcff", r"\udcff"),
        ("::error::x", r"\x3a:error::x"),
        ("a ::error::x", r"a \x3a:error::x"),
        ("##vso[x]", r"\x23#vso[x]"),
        ("##teamcity[x]", r"\x23#teamcity[x]"),
        ("a::b é 🔒 # ok", "a::b é 🔒 # ok"),
    ],
)
def test_printable(text: str, safe: str) -> None:
    assert printable(text) == safe
    assert printable(safe) == safe


def test_frames_keep_columns() -> None:
    text = "a\x1b\u202e\u200b\u2028\x85\x0c\ud800b\t##vso[é🔒"
    assert shown(text) == "a" + "\ufffd" * 7 + "b\t\ufffd#vso[é🔒"


def test_location_counts_characters_and_bytes() -> None:
    text = "x = 1\r\ny = '🔒' + decode()\r\n"
    start = text.index("decode")
    assert redactor(text).location(Place("a.py", Span(start, start + 8))) == Location(
        "a.py", 2, 11, 2, 19, 20, 28, ("y = '🔒' + decode()",)
    )


def test_location_without_source() -> None:
    assert redactor("").location(Place("b.py", Span(5, 9))) == Location("b.py", 1, 1, 1, 1, 0, 0)


def test_location_beyond_the_end_is_the_end() -> None:
    assert redactor("ab").location(Place("a.py", Span(1, 99))).end_column == 3


def test_frame_is_cut_to_lines_and_width() -> None:
    text = "x\n" * 50
    assert len(redactor(text).location(Place("a.py", Span(0, 90))).lines) == MAX_LINES
    text = "x" * 1000 + "decode" + "y" * 1000
    at = redactor(text).location(Place("a.py", Span(1000, 1006)))
    (line,) = at.lines
    assert len(line) == MAX_WIDTH
    assert line[0] == line[-1] == "…"
    assert line[at.start_column - 1 - at.shift : at.end_column - 1 - at.shift] == "decode"


def test_span_with_its_line_end_does_not_show_the_next_line() -> None:
    assert redactor("ab\ncd\n").location(Place("a.py", Span(0, 3))).lines == ("ab",)


def test_every_text_of_a_finding_is_redacted() -> None:
    text = 'encode(p, "opensesame9")'
    evil = "opensesame9\x1b"
    place = Place("a.py", Span(0, 6))
    draft = Draft(
        "x", place, evil, trace=((place, evil),), related=((place, evil),), advice=evil,
        notes=(evil,), anchor=evil,
    )  # fmt: skip
    finding = redactor(text, '"opensesame9"').finding(draft, Rule(), [evil])
    assert "opensesame9" not in repr(finding)
    assert "\x1b" not in repr(finding)
    assert repr(finding).count(r"***********\\x1b") == 6


def fingerprints(text: str, key: str, **options) -> list[tuple[str, str]]:
    where = redactor(text, f'"{key}"', **options)
    start = text.index("encode")
    draft = Draft("x", Place("a.py", Span(start, start + 6)), "Bad.", anchor="mint.key")
    finding = where.finding(draft, Rule())
    return [finding.fingerprint, finding.line_hash]


def test_fingerprint_does_not_know_line_nor_secret() -> None:
    here = fingerprints('encode("opensesame9")\n', "opensesame9")
    assert fingerprints('encode("abracadabra")\n', "abracadabra") == here
    assert fingerprints('encode("opensesame9")\n', "opensesame9", show=True) == here
    moved = fingerprints('import x\n\nencode("opensesame9")\n', "opensesame9")
    assert moved == here


def test_equal_findings_are_numbered_by_position_in_any_order() -> None:
    text = "decode(a)\ndecode(a)\ndecode(a)\n"
    drafts = [
        (Draft("x", Place("a.py", Span(n * 10, n * 10 + 6)), "Bad.", anchor="m"), Rule())
        for n in range(3)
    ]
    results = {tuple(redactor(text).findings(order)) for order in permutations(drafts)}
    (found,) = results
    assert [finding.location.start_line for finding in found] == [1, 2, 3]
    assert len({finding.fingerprint for finding in found}) == 3


@pytest.mark.parametrize(
    "evil",
    [
        "token" * 60000,
        'token="""' * 30000,
        "token" + " " * 300000 + "x",
        "-----BEGIN PRIVATE KEY-----" * 10000,
        '("' + "a" * 300000,
        "secret : " + "a " * 150000,
        "token = ( '" * 30000,
        "://a:" * 60000,
        "eyJ" * 100000,
    ],
    ids=range(9),
)
def test_time_grows_with_the_length_alone(evil: str) -> None:
    def read(length: int) -> None:
        redactor(evil[:length]).text(evil[:length])

    assert grows_with_the_length_alone(read, len(evil))
