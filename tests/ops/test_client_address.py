"""Whose address a request has: X-Forwarded-For counts only behind a proxy of ours (S-090, S-091)."""

import ipaddress

import pytest

from idp.middleware import client_address

PROXIES = [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128")]


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("", "198.51.100.1", "198.51.100.1"),
    ],
)
def test_s_091_the_nearest_address_that_is_not_a_proxy_of_ours(settings, remote, forwarded, address):
    settings.TRUSTED_PROXIES = PROXIES
    assert client_address(remote, forwarded) == address


@pytest.mark.parametrize("remote", ["127.0.0.1", "10.0.0.1", ""])
def test_s_091_without_configured_proxies_the_header_says_nothing(settings, remote):
    settings.TRUSTED_PROXIES = []
    assert client_address(remote, "198.51.100.1") == remote


@pytest.mark.parametrize("forwarded", ["<script>", "unknown", "198.51.100.1:4711", "a" * 500, ", ,"])
def test_s_091_what_is_no_address_ends_the_chain(settings, forwarded):
    """Nothing further left counts, and throttles never meet what is no address."""
    settings.TRUSTED_PROXIES = PROXIES
    assert client_address("10.0.0.1", f"6.6.6.6, {forwarded}") == "10.0.0.1"
