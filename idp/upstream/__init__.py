"""Signing in by another provider: Signet as a relying party (OpenID Connect Core, RFC 6749, RFC 9700)."""
