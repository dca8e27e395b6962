"""What an app may call itself on the pages that people trust (S-085)."""

import unicodedata

from idp.protocol.params import is_plain

_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
_ALPHABETS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"})  # those with look-alikes


def check_name(name: str) -> None:
    """Raises ValueError, saying why, for a name that could be read as another one."""
    if not is_plain(name) or any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in name):
        raise ValueError("The name holds characters that can't be shown.")
    if any(unicodedata.bidirectional(character) in _DIRECTIONS for character in name):
        raise ValueError("The name holds characters that turn the direction of writing.")
    if any(len(_alphabets(word)) > 1 for word in name.split()):
        raise ValueError("The name mixes letters of different alphabets in one word.")


def _alphabets(word: str) -> set[str]:
    return {
        unicodedata.name(character, "?").split()[0] for character in word if character.isalpha()
    } & _ALPHABETS
