"""Which addresses may be registered (S-004), and when one sent is one registered (S-001, S-002)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idp.protocol.errors import InvalidRedirectUri
from idp.protocol.redirects import browser_origin, check_registrable, matches, origin

REFUSED = {
    "fragment": "https://app.example/cb#here",
    "empty fragment": "https://app.example/cb#",
    "user name": "https://alice@app.example/cb",
    "user name that looks like a host": "https://app.example@mallory.example/cb",
    "password": "https://alice:pw@app.example/cb",
    "wildcard host": "https://*.app.example/cb",
    "wildcard path": "https://app.example/*",
    "relative": "/cb",
    "no scheme": "//app.example/cb",
    "host only": "app.example/cb",
    "empty": "",
    "control character": "https://app.example/c\x01b",
    "line feed": "https://app.example/cb\nx",
    "trailing line feed": "https://app.example/cb\n",
    "tab": "https://app.example/\tcb",
    "NUL": "https://app.example/\x00",
    "space": "https://app.example/c b",
    "leading space": " https://app.example/cb",
    "backslash": "https://app.example\\@mallory.example/cb",
    "not ASCII": "https://äpp.example/cb",
    "lone surrogate": "https://app.example/\ud800",
    "empty host": "https:///cb",
    "no authority": "https:/cb",
    "opaque": "https:cb",
    "port without host": "https://:443/cb",
    "dots for a host": "https://../cb",
    "unparsable host": "https://[x]/cb",
    "unclosed bracket": "https://[::1/cb",
    "port out of range": "https://app.example:99999/cb",
    "port in words": "https://app.example:https/cb",
    "encoded host": "https://app%2eexample/cb",
    "javascript": "javascript:alert(1)",
    "javascript in any case": "JaVaScRiPt://app.example/%0aalert(1)",
    "data": "data:text/html,hello",
    "vbscript": "VBSCRIPT:x",
    "file": "file:///etc/passwd",
    "blob": "blob:https://app.example/1",
    "http": "http://app.example/cb",
    "http in capitals": "HTTP://app.example/cb",
    "http on the network": "http://192.168.1.5/cb",
    "http on nearly loopback": "http://127.0.0.1.mallory.example/cb",
    "http on a short form of loopback": "http://127.1/cb",
    "http on a mapped address": "http://[::ffff:127.0.0.1]/cb",
    "too long": "https://app.example/" + "a" * 2029,
}


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("uri", REFUSED.values(), ids=REFUSED.keys())
def test_s_004_an_address_is_refused_with_a_reason(uri: str, native: bool) -> None:
    with pytest.raises(InvalidRedirectUri) as refusal:
        check_registrable(uri, native=native)
    assert refusal.value.description


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/cb",
        "https://app.example",
        "https://app.example:8443/cb?tenant=1",
        "https://APP.example/CB",
        "https://[2001:db8::1]/cb",
        "https://xn--pp-zka.example/cb",
        "https://app.example/" + "a" * 2028,
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:5000/cb",
    ],
)
def test_an_address_of_a_web_app_is_taken(uri: str) -> None:
    check_registrable(uri, native=False)


@pytest.mark.parametrize("uri", ["com.example.app:/cb", "com.example.app://cb", "com.example.my-app:/oauth2"])
def test_only_a_native_app_may_have_a_scheme_of_its_own(uri: str) -> None:
    check_registrable(uri, native=True)
    with pytest.raises(InvalidRedirectUri):
        check_registrable(uri, native=False)


def test_a_scheme_that_any_app_could_claim_is_refused() -> None:
    with pytest.raises(InvalidRedirectUri):
        check_registrable("myapp://cb", native=True)


WEIRD = st.one_of(
    st.text(),
    st.text(alphabet="htps:/[]@#?*.\\%0189ax ").map(lambda text: text),
    st.text(alphabet="[]:@0123456789.x").map(lambda host: f"https://{host}/cb"),
    st.from_type(type(None)),
    st.integers(),
    st.lists(st.text()),
)


@given(WEIRD, st.booleans())
@example("https://[x]/cb", False)
@example("http://[fe80::1%25en0]/", True)
def test_s_004_parsing_never_raises_anything_else(uri: object, native: bool) -> None:
    try:
        check_registrable(uri, native=native)  # type: ignore[arg-type]
    except InvalidRedirectUri:
        return
    assert isinstance(uri, str)
    assert origin(uri)  # what was registered can be named in a header


REGISTERED = "https://app.example/cb?a=1"


@pytest.mark.parametrize(
    "sent",
    [
        "https://app.example/cb",
        "https://app.example/cb?a=1&b=2",
        "https://app.example/cb?a=1#",
        "https://app.example/cb/?a=1",
        "https://app.example/cb/../cb?a=1",
        "https://app.example/%63b?a=1",
        "https://app.example:443/cb?a=1",
        "https://APP.example/cb?a=1",
        "https://app.example/CB?a=1",
        "HTTPS://app.example/cb?a=1",
        "http://app.example/cb?a=1",
        " https://app.example/cb?a=1",
        "https://app.example/cb?a=1\n",
        "https://app.example.mallory.example/cb?a=1",
        "https://app.example@mallory.example/cb?a=1",
        "https://app.example/cb?a=1\x00",
        "",
    ],
)
def test_s_001_anything_but_the_same_bytes_is_another_address(sent: str) -> None:
    assert not matches(sent, (REGISTERED,), native=False)
    assert not matches(sent, (REGISTERED,), native=True)


@given(st.text(max_size=40), st.lists(st.text(max_size=40), max_size=4), st.booleans())
def test_s_001_without_a_loopback_address_matching_is_equality(
    sent: str, registered: list[str], native: bool
) -> None:
    assert matches(sent, tuple(registered), native=native) == (sent in registered)


PORTS = st.one_of(st.just(""), st.integers(0, 65535).map(lambda port: f":{port}"))
LOOPBACK = st.sampled_from(["http://127.0.0.1", "http://[::1]"])
REST = st.sampled_from(["", "/", "/cb", "/cb?a=1", "?a=1"])


@given(LOOPBACK, PORTS, PORTS, REST)
def test_s_002_a_native_apps_loopback_port_may_vary(host: str, port: str, other: str, rest: str) -> None:
    assert matches(f"{host}{port}{rest}", (f"{host}{other}{rest}",), native=True)


@pytest.mark.parametrize("port", ["65536", "99999"])
def test_s_002_a_loopback_port_that_there_is_not_is_refused(port: str) -> None:
    """M11: no browser could open it, and our own reading of the address would fail."""
    assert not matches(f"http://127.0.0.1:{port}/cb", ("http://127.0.0.1/cb",), native=True)
    assert not matches(f"http://[::1]:{port}/cb", ("http://[::1]:8000/cb",), native=True)


@given(LOOPBACK, PORTS, PORTS, REST)
def test_s_002_a_web_apps_loopback_port_may_not(host: str, port: str, other: str, rest: str) -> None:
    sent, registered = f"{host}{port}{rest}", f"{host}{other}{rest}"
    assert matches(sent, (registered,), native=False) == (sent == registered)


@pytest.mark.parametrize(
    "sent",
    [
        "http://127.0.0.1:5000/other",
        "http://127.0.0.1:5000/cb?x=1",
        "http://127.0.0.1:5000/cb/",
        "https://127.0.0.1:5000/cb",
        "http://localhost:5000/cb",
        "http://127.0.0.2:5000/cb",
        "http://[::1]:5000/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:5x/cb",
        "http://127.0.0.1:123456/cb",
        "http://127.0.0.1:5000@mallory.example/cb",
        "http://127.0.0.1:5000.mallory.example/cb",
        "http://127.0.0.1.mallory.example/cb",
        "http://127.0.0.1:5000\\@mallory.example/cb",
        "http://127.0.0.1:5000/cb\n",
        "http://127.0.0.1:٣/cb",
    ],
)
def test_s_002_nothing_but_the_port_may_vary(sent: str) -> None:
    assert not matches(sent, ("http://127.0.0.1/cb",), native=True)


def test_s_002_only_loopback_by_number_may_vary_its_port() -> None:
    assert not matches("http://localhost:5000/cb", ("http://localhost/cb",), native=True)
    assert not matches("https://app.example:5000/cb", ("https://app.example/cb",), native=True)
    assert not matches("com.example.app:5/cb", ("com.example.app:/cb",), native=True)


@pytest.mark.parametrize(
    ("uri", "named"),
    [
        ("https://app.example/cb?a=1", "https://app.example"),
        ("http://127.0.0.1:5000/cb", "http://127.0.0.1:5000"),
        ("com.example.app:/cb", "com.example.app:"),
    ],
)
def test_a_policy_names_the_origin(uri: str, named: str) -> None:
    assert origin(uri) == named


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://app.example/callback", "https://app.example"),
        ("https://App.Example:443/callback", "https://app.example"),
        ("http://localhost:80/", "http://localhost"),
        ("https://app.example:80/", "https://app.example:80"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_spelled_as_browsers_do(uri: str, expected: str) -> None:
    assert browser_origin(uri) == expected


@pytest.mark.parametrize(
    ("uri", "fault"),
    [
        ("not a url at all", "a space"),
        ("https://app.example/" + "x" * 2048, "at most 2048"),
        ("https://\u00e4pp.example/", "ASCII"),
        ("app.example/callback", "a scheme"),
        ("", "a text"),
    ],
)
def test_the_fault_that_is_there_is_named(uri: str, fault: str) -> None:
    with pytest.raises(InvalidRedirectUri) as refusal:
        check_registrable(uri, native=False)
    assert fault in refusal.value.description
