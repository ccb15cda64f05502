"""``python -m tests.lint_templates``: reports Django's errors in templates, and long lines.

djLint, which runs beside it, sees unclosed elements and indentation; it knows no template tags of
ours and sets no limit to a line of text.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.template import TemplateSyntaxError, engines

from tests.balanced_html import unclosed

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "templates"
LONGEST_LINE = 200


def faults(folder: Path) -> Iterator[str]:
    """``file:line: what is wrong`` of each template below ``folder``, in the order of their names.

    Raises:
        OSError: the folder or a file in it cannot be read.
    """
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), start=1):
            if len(line) > LONGEST_LINE:
                yield f"{path}:{number}: {len(line)} characters; {LONGEST_LINE} at most"
        try:
            engines["django"].from_string(text)
        except TemplateSyntaxError as error:
            token = getattr(error, "token", None)
            yield f"{path}:{token.lineno if token else 1}: {error}"
        else:
            if path.suffix == ".html":
                yield from (f"{path}:{line}: {words}" for line, words in unclosed(text))


def main() -> int:
    """Says every fault; 1 where there is one."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    found = [fault.removeprefix(f"{ROOT}/") for fault in faults(FOLDER)]
    print("\n".join(found) or f"Templates: every one compiles, no line over {LONGEST_LINE}.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
