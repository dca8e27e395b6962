"""Hostile mode: a provider on this machine that plays broken, and judges what an app takes from it.

It has keys of its own and knows nobody: no database, no person, no key of the installation.
"""
