"""All settings. Only here is the environment read; each module has one subject.

No setting exists only in production. One variable each chooses database, Redis and broker
(``DATABASE_URL``, ``REDIS_URL``, ``BROKER_URL`` …); see docs/operator/settings.md.
"""

from portal.settings.site import *  # noqa: F403

from portal.settings.processes import *  # noqa: F403  isort: skip
from portal.settings.security import *  # noqa: F403  isort: skip
from portal.settings.openid import *  # noqa: F403  isort: skip
from portal.settings.outgoing import *  # noqa: F403  isort: skip
from portal.settings.queue import *  # noqa: F403  isort: skip
from portal.settings.domain import *  # noqa: F403  isort: skip
