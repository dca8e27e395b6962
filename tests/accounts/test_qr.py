"""A QR code as a path: the squares that segno's own matrix has, inside a white border."""

import re

import segno

from accounts.qr import Qr


def test_the_path_is_the_codes_dark_squares() -> None:
    text = "https://id.example/device?user_code=BCDF-GHJK"
    drawn, code = Qr.of(text), segno.make(text, error="m", micro=False)
    found = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn.path)}
    bordered = [list(row) for row in code.matrix_iter(border=4)]
    assert drawn.size == len(bordered)
    assert found == {(x, y) for y, row in enumerate(bordered) for x, dark in enumerate(row) if dark}
