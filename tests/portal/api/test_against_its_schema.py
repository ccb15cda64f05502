"""The running site against its own schema: schemathesis sends what the schema allows, and what not.

By hand with more: ``FUZZ_SECONDS=600 pytest tests/portal/api/test_against_its_schema.py -s``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from portal.api.authentication import issue_token
from tests.portal.test_access_table import world  # noqa: F401
from tests.processes import ROOT, running_site

pytestmark = pytest.mark.long

CONFIG = Path(__file__).with_name("schemathesis.toml")
SPARE_TOKENS = 2000
# Far from what people do; the answer 429 is tried elsewhere.
OFTEN = {"TOKEN_THROTTLE": "100000/min", "UPLOAD_THROTTLE": "100000/min"}


@pytest.fixture(autouse=True)
def _media_of_its_own(settings: object) -> None:
    """Overrides the fixture of that name: the site's process reads the same folder."""
    settings.MEDIA_ROOT = django_settings.DATA_DIR / "media"  # type: ignore[attr-defined]


@pytest.fixture
def people(world: dict[str, Any], ada: Any, otto: Any, tmp_path: Path) -> dict[str, str]:  # noqa: F811
    """The environment that tells schemathesis who it is: Ada here, Otto of elsewhere."""
    auth = [
        {
            "name": name,
            "fixedHeaders": [
                {"name": "Authorization", "value": f"Token {issue_token(user=user)[0]}"}
            ],
        }
        for name, user in (("ada", ada), ("otto", otto))
    ]
    file, spare = tmp_path / "people.json", tmp_path / "spare.txt"
    file.write_text(json.dumps({"auth": auth}))
    spare.write_text("\n".join(issue_token(user=ada)[0] for _ in range(SPARE_TOKENS)))
    return {"PEOPLE": str(file), "SPARE_TOKENS": str(spare)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(1200)
def test_the_api_keeps_to_its_schema(people: dict[str, str], tmp_path: Path) -> None:
    seconds = int(os.environ.get("FUZZ_SECONDS", "0"))
    more = ["--max-time", str(seconds), "--max-examples", "1000"] if seconds else []
    with running_site(**OFTEN) as site:
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
                *("run", f"{site.base}/api/schema/?format=json", "--seed", "1"),
                *("--max-examples", "8", *more),
            ],
            cwd=ROOT,
            env={**os.environ, **people, "PYTHONPATH": str(ROOT)},
            capture_output=not seconds,
            text=True,
            timeout=seconds + 500,
            check=False,
        )
    assert run.returncode == 0, (run.stdout or "")[-60_000:] + (run.stderr or "")[-2000:]
