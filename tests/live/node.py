"""A program of tests/node that answers questions: one JSON object a line in, one out."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "node"
AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"


def require_packages() -> None:
    """Skips, with the reason, where npm's packages are missing."""
    if not AXE.exists():
        pytest.skip("the packages of tests/node are not installed: `npm ci` there, or `make test`")


class Node:
    """`with Node("jose.mjs", issuer) as jose: jose.ask(do="verify", token=…)`"""

    def __init__(self, script: str, *arguments: str) -> None:
        require_packages()
        if not (node := shutil.which("node")):
            pytest.skip("Node.js is not installed")
        self._process = subprocess.Popen(
            [node, FOLDER / script, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "Node":
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.communicate(timeout=20)  # the end of its input is the end of the program

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Its answer, or an error's `{"error": name, "message": …}`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the Node program ended"
        answer: dict[str, Any] = json.loads(line)
        return answer
