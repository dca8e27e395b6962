"""`manage.py` beside a server, without its start each time: Django is loaded once, and each command has a fork.

The hundreds of commands by which tests make people and apps would cost more than what the tests are about.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

ROOT = Path(__file__).resolve().parents[2]


class Commands:
    """Runs `manage.py …` in one environment; started by the first command."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        with self._lock:
            process = self._process = self._process or self._start()
            assert process.stdin
            assert process.stdout
            print(json.dumps([arguments, stdin]), file=process.stdin, flush=True)
            answer = process.stdout.readline()
        assert answer, "the process that runs manage.py has ended; its last words are above"
        return subprocess.CompletedProcess(["manage.py", *arguments], *json.loads(answer))

    def stop(self) -> None:
        process, self._process = self._process, None
        if process:
            process.communicate()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.live.commands"],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )


def serve() -> None:
    """Each line is a command and its standard input; what came of it is answered in one line."""
    import django
    from django.core.management import BaseCommand

    django.setup()
    BaseCommand.requires_system_checks = []  # they load the admin, for nothing here: the server has had them
    # Such a fork waits for its threads and closes what is open, but does not take apart all that it was born with.
    fork = multiprocessing.get_context("fork").Process
    for line in iter(sys.stdin.readline, ""):
        arguments, stdin = json.loads(line)
        with TemporaryFile("w+") as given, TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
            given.write(stdin)
            given.seek(0)
            command = fork(target=_run, args=(arguments, given, output, errors))
            command.start()
            command.join()
            for file in (output, errors):
                file.seek(0)
            print(json.dumps([command.exitcode, output.read(), errors.read()]), flush=True)


def _run(arguments: list[str], *files: IO[str]) -> None:
    from django.core.management import execute_from_command_line

    for number, file in enumerate(files):
        os.dup2(file.fileno(), number)
    sys.stdin = os.fdopen(0)
    execute_from_command_line(["manage.py", *arguments])


if __name__ == "__main__":
    serve()
