"""QR codes, drawn by templates."""

from dataclasses import dataclass

_QUIET = 4  # modules of white around it


@dataclass(frozen=True)
class Qr:
    """One path of squares, so that a template draws it and nothing is marked safe."""

    size: int
    path: str

    @classmethod
    def of(cls, text: str) -> "Qr":
        import segno  # by the few pages that show a code, not by each server's start

        rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix]
        squares = [
            f"M{x + _QUIET} {y + _QUIET}h1v1h-1z"
            for y, row in enumerate(rows)
            for x, dark in enumerate(row)
            if dark
        ]
        return cls(len(rows) + 2 * _QUIET, "".join(squares))
