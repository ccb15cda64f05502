"""All settings. Only here is the environment read; each module says one subject.

Nothing exists only in production: a part moves over by one variable (``DATABASE_URL``,
``REDIS_URL``, ``BROKER_URL`` …), see docs/operator/settings.md.
"""

from portal.settings.site import *  # noqa: F403

from portal.settings.processes import *  # noqa: F403  isort: skip
from portal.settings.security import *  # noqa: F403  isort: skip
from portal.settings.openid import *  # noqa: F403  isort: skip
from portal.settings.outgoing import *  # noqa: F403  isort: skip
from portal.settings.queue import *  # noqa: F403  isort: skip
from portal.settings.domain import *  # noqa: F403  isort: skip
