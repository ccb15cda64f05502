"""Settings of a test run: the product's, with a temporary data folder."""

import os
import tempfile
from pathlib import Path

_folder = Path(os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="hairline-tests-")))
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if _worker and _folder.name != _worker:
    # Parallel test processes must not hear each other's rings; their own children shall.
    os.environ["DATA_DIR"] = str(_folder / _worker)
if _worker:
    # They share the cores: with a thread for each core in each of them, threads only wait.
    for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
        os.environ.setdefault(_threads, "1")
os.environ.setdefault("SECRET_KEY", "only-for-tests")

from portal.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405
    # A file, so that threads and server processes of a test see the same rows.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405
