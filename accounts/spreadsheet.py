"""Cells of CSV files that people open in a spreadsheet."""


def cell(text: str) -> str:
    """A spreadsheet would run what begins like a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
