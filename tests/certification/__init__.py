"""The OpenID Foundation's certification plans for OpenID Providers, run over https against a live gunicorn.

One file a plan, one test a module of its list, named after it; what a module asserts is written in our own words and
held as the official suite holds it, with its warnings as failures. The relying party (`party.py`) is built on
requests, PyJWT and cryptography and shares no code with the product.
"""
