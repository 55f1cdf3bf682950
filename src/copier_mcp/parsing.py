"""A command line on which what stands behind `--` is the command of somebody else."""

import argparse
from collections.abc import Sequence


class Parser(argparse.ArgumentParser):
    """Takes what stands behind `--` as it is, as `command`, if the verb starts a command.

    argparse itself takes out later `--`, and wants all options in front of the first argument.
    """

    takes_command = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str], namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        if not self.takes_command:
            return super().parse_known_args(args, namespace)
        end = args.index("--") if "--" in args else len(args)
        parsed, rest = super().parse_known_args(args[:end], namespace)
        parsed.command = [*args[end + 1 :]]
        return parsed, rest
