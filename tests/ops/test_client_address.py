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
def test_s_091_what_is_no_address_is_never_believed_to_be_a_proxy(settings, forwarded):
    """A proxy of ours wrote it, so it is the client's name for itself; nothing further left counts."""
    settings.TRUSTED_PROXIES = PROXIES
    address = client_address("10.0.0.1", f"6.6.6.6, {forwarded}")
    assert address != "6.6.6.6"
