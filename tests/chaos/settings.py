"""Settings for the chaos tests: leases that are too short for real work."""

from tests.settings import *  # noqa: F403

SILENCED_SYSTEM_CHECKS = ["portal.E021"]
