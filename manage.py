#!/usr/bin/env python
"""Signet's command line: everything that an operator can do in a page can be done here too."""

import os
import sys


def main() -> None:
    if sys.argv[1:2] == ["secrets"]:  # made before there are settings that could be read
        from idp.management.commands.secrets import Command

        Command().run_from_argv(sys.argv)
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "idp.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
