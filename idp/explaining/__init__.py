"""Refusals explained: traces as people read them, and the pages of docs/errors."""
