"""User codes: short, hard to misread, easy to type (RFC 8628 section 6.1)."""

import secrets

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowel, so no word; no digit, so no 0 for O
LENGTH = 8  # 20^8: over 34 bits, for a code of ten minutes behind a throttle (section 5.1)
MAX_TYPED = 64


def mint() -> str:
    """A new code, as `normalised` has it."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def shown(code: str) -> str:
    """In two halves, as a device shows it: WDJB-MJHT."""
    half = LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def normalised(typed: str) -> str:
    """The code that was meant, whatever the case, dashes and spaces; "" for what can't be one."""
    code = "".join(letter for letter in typed[:MAX_TYPED].upper() if letter in LETTERS)
    return code if len(code) == LENGTH else ""
