"""A JavaScript module as a page prints it, run by Node with the packages of tests/node."""

from pathlib import Path
from typing import Any

from tests.live.node import FOLDER, Node


class PrintedModule(Node):
    """`with PrintedModule(folder, code) as module: module.call("begin")`"""

    def __init__(self, folder: Path, code: str) -> None:
        (folder / "node_modules").symlink_to(FOLDER / "node_modules")
        file = folder / "printed.mjs"
        file.write_text(code, encoding="utf-8")
        super().__init__("documented.mjs", str(file))

    def __enter__(self) -> "PrintedModule":
        return self

    def call(self, name: str, *given: object) -> Any:
        """What the function gives; an error's name for one that throws."""
        answer = self.ask("call", name=name, given=given)
        return answer["result"] if "result" in answer else answer["error"]
