from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.paths import safe_next

TRICKS = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\x00//evil.example",
    "/%09/\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "https:/evil.example",
    "HTTPS://evil.example",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "/.//evil.example",
    "/..//evil.example",
    "/a/..//evil.example",
    "/%2e%2e//evil.example",
    "/%2E%2E/x",
    "evil.example",
    "?next=x",
    "#x",
    "@evil.example",
    "/a b",
    "/ä",
    "/\u2028/evil.example",
    "/a\x7f",
    "//[",
    "",
    "/" + "a" * 9000,
]
GOOD = [
    "/",
    "/account/",
    "/oauth2/authorize/abc?x=1&y=%2F%2Fz",
    "/login?next=/account",
    "/a#b",
    "/admin/accounts/user/?q=a%20b",
]


@pytest.mark.parametrize("value", TRICKS)
def test_s_005_tricks_of_browsers_lead_to_the_default(value: str) -> None:
    assert safe_next(value, "/account/") == "/account/"


@pytest.mark.parametrize("value", GOOD)
def test_paths_of_this_site_pass(value: str) -> None:
    assert safe_next(value, "/account/") == value


def test_nothing_leads_to_the_default() -> None:
    assert safe_next(None, "/account/") == "/account/"


def as_a_browser_reads_it(value: str) -> str:
    """The host that the URL standard makes of it: controls trimmed, tabs and newlines dropped, \\ as /."""
    value = value.strip("".join(map(chr, range(33))))
    value = value.translate({9: None, 10: None, 13: None}).replace("\\", "/")
    return urlsplit(urljoin("https://signet.example/login", value)).netloc


pieces = st.sampled_from(
    [
        "/",
        "\\",
        "//",
        "\t",
        "\n",
        ".",
        "..",
        "%2e",
        ":",
        "@",
        "https:",
        "evil.example",
        "a",
        " ",
        "?",
        "#",
        "[",
        "]",
    ]
)


@given(st.one_of(st.lists(pieces, max_size=8).map("".join), st.text(max_size=30)))
def test_s_005_whatever_passes_stays_on_this_site(value: str) -> None:
    chosen = safe_next(value, "/account/")
    assert chosen.startswith("/")
    assert as_a_browser_reads_it(chosen) == "signet.example"
