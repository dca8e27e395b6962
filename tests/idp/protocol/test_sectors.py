"""Which sector an app belongs to (OIDC Core section 8.1): a pure decision over its addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.sectors import SeveralHosts, sector_identifier

A, B = "https://a.example/cb", "https://b.example/cb"


@pytest.mark.parametrize(
    ("uri", "redirect_uris", "sector"),
    [
        ("", [A], "a.example"),
        ("", [A, "https://a.example:8443/other?x=1"], "a.example"),
        ("", ["https://A.Example/cb"], "a.example"),
        ("https://sector.example/list.json", [A, B], "sector.example"),
        ("https://sector.example:8443/list.json", [A], "sector.example"),
        ("", [], "client:me"),
        ("", ["com.example.app:/cb"], "client:me"),
        ("", ["http://127.0.0.1/cb", "http://[::1]/cb", "com.example.app:/cb"], "client:me"),
        ("", ["http://localhost:3000/cb"], "client:me"),
    ],
)
def test_the_sector_is(uri: str, redirect_uris: list[str], sector: str) -> None:
    assert sector_identifier(uri, redirect_uris, "me") == sector


@pytest.mark.parametrize(
    "redirect_uris",
    [[A, B], [A, "https://sub.a.example/cb"], [A, "com.example.app:/cb"], [A, "http://127.0.0.1/cb"]],
)
def test_several_hosts_do_not_say(redirect_uris: list[str]) -> None:
    with pytest.raises(SeveralHosts):
        sector_identifier("", redirect_uris, "me")


_hosts = st.from_regex(r"[a-z]{1,8}\.example", fullmatch=True)


@given(hosts=st.lists(_hosts, min_size=1, max_size=5), client_id=st.text("abc.:/", min_size=1))
def test_no_choice_of_a_client_id_reaches_the_sector_of_a_host(hosts: list[str], client_id: str) -> None:
    """Else whoever may choose a client id could choose whose subjects it sees."""
    own = sector_identifier("", ["com.example.app:/cb"], client_id)
    for host in hosts:
        assert own != sector_identifier("", [f"https://{host}/cb"], "other")
