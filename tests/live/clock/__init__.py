"""A clock that a test moves for a whole server; `sitecustomize.py` beside this is the server's half of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

FOLDER = Path(__file__).parent


class Clock:
    """Reality plus an offset, kept in a file that the server's processes map."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = timedelta(0)
        self._write()

    def forward(self, by: timedelta) -> None:
        self.offset += by
        self._write()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def environment(self) -> dict[str, str]:
        return {"SIGNET_CLOCK": str(self.path), "PYTHONPATH": str(FOLDER)}

    def _write(self) -> None:
        nanoseconds = int(self.offset / timedelta(microseconds=1)) * 1000
        with self.path.open("r+b" if self.path.exists() else "wb") as file:
            file.write(nanoseconds.to_bytes(8, "little", signed=True))
