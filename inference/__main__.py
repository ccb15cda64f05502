"""``python -m inference COMMAND``: finds the command's module, imports it alone, and runs it."""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

COMMANDS_FOLDER = Path(__file__).parent / "cli"
EXIT_USAGE, EXIT_INTERRUPTED, EXIT_BROKEN_PIPE = 2, 130, 141  # as shells count signals


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = _dispatch(words)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough (`| head`): stay quiet at interpreter exit too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    return code


def commands() -> dict[str, str]:
    """Every command with its sentence of help, without importing any."""
    found = {}
    for path in sorted(COMMANDS_FOLDER.glob("*.py")):
        if not path.name.startswith("_"):
            found[path.stem.replace("_", "-")] = _help_of(path)
    return found


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0 if words else EXIT_USAGE
    name, known = words[0], commands()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        print(f"There is no command {name!r}.{hint}\n\n{_overview()}", file=sys.stderr)
        return EXIT_USAGE
    module = importlib.import_module(f"inference.cli.{name.replace('-', '_')}")
    parser = argparse.ArgumentParser(prog=f"python -m inference {name}", description=module.HELP)
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(words[1:])))


def _overview() -> str:
    known = commands()
    width = max(map(len, known), default=0)
    lines = [f"  {name:<{width}}  {sentence}" for name, sentence in known.items()]
    return "\n".join(
        ["usage: python -m inference COMMAND [options]", "", "Commands:", *lines, "",
         "python -m inference COMMAND --help explains one of them."]
    )  # fmt: skip


def _help_of(path: Path) -> str:
    """The literal ``HELP`` of a command module, read without running it."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            names: list[ast.expr] = node.targets
        elif isinstance(node, ast.AnnAssign):
            names = [node.target]
        else:
            continue
        is_help = any(isinstance(name, ast.Name) and name.id == "HELP" for name in names)
        if is_help and node.value is not None:
            return str(ast.literal_eval(node.value)).splitlines()[0]
    return ""


if __name__ == "__main__":
    sys.exit(main())
