"""An app's address as an admin types it, and how it gets into a template."""

import pytest

from idp.app_templates.filling import Address, UnfitAddress, fill, read_address, unknown_places


@pytest.mark.parametrize(
    ("typed", "url", "domain"),
    [
        ("grafana.example.com", "https://grafana.example.com", "grafana.example.com"),
        ("  Grafana.Example.com/ ", "https://grafana.example.com", "grafana.example.com"),
        ("https://grafana.example.com", "https://grafana.example.com", "grafana.example.com"),
        ("pve.example.com:8006", "https://pve.example.com:8006", "pve.example.com:8006"),
        ("intra.example.com/grafana/", "https://intra.example.com/grafana", "intra.example.com"),
        ("intra.example.com/.well/a..b", "https://intra.example.com/.well/a..b", "intra.example.com"),
        ("localhost:3000", "http://localhost:3000", "localhost:3000"),
        ("127.0.0.1", "http://127.0.0.1", "127.0.0.1"),
        ("[::1]:3000", "http://[::1]:3000", "[::1]:3000"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000", "127.0.0.1:3000"),
        ("https://10.0.0.5", "https://10.0.0.5", "10.0.0.5"),
    ],
)
def test_an_address_is_https_unless_it_is_this_machine(typed: str, url: str, domain: str) -> None:
    assert read_address(typed) == Address(url, domain)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "https://",
        "http://grafana.example.com",
        "ftp://grafana.example.com",
        "javascript://x/%0aalert(1)",
        "alice@grafana.example.com",
        "*.example.com",
        "grafana.example.com?x=1",
        "grafana.example.com/?",
        "grafana.example.com#x",
        "grafana.example.com:port",
        "grafana.example.com:99999",
        "grafana .example.com",
        "grafana.example.com/a b",
        "grafana.example.com/$(reboot)",
        "grafana.example.com/';reboot;'",
        'grafana.example.com/"',
        "grafana.example.com/`id`",
        "grafana.example.com/{client_secret}",
        "grafana.example.com/%27",
        "grafana.example.com/../x",
        "grafana.example.com/a/.",
        "grafana.example.com\\@evil.example",
        "grafana.example.com\nX: y",
        "grafana.example.com\0",
        "gräfana.example.com",
        "g" * 201,
    ],
)
def test_s_084_an_address_that_could_be_more_than_one_is_refused(typed: str) -> None:
    """It ends up in shell commands and configuration files that people paste."""
    with pytest.raises(UnfitAddress):
        read_address(typed)


def test_only_the_known_places_are_filled() -> None:
    known = {"issuer": "https://id.example", "client_id": "abc"}
    text = "{issuer}/x ${issuer} {baseUrl} {ISSUER} {{client_id}} { issuer }"
    assert fill(text, known) == "https://id.example/x $https://id.example {baseUrl} {ISSUER} {abc} { issuer }"


def test_what_is_filled_in_is_not_filled_again() -> None:
    assert fill("{client_id}", {"client_id": "{client_secret}", "client_secret": "s"}) == "{client_secret}"


def test_a_place_that_nothing_is_known_for_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill("{address}/callback", {"issuer": "https://id.example"})
    assert unknown_places("{issuer} {hostname} {x} {Y}") == {"hostname", "x"}
