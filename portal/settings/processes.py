"""The web processes: how many there are, and how many requests each takes at a time."""

import os

from portal.settings.environment import env

# Set by ``portal.serving.web_server`` for itself: what is right for a server with threads (a pool
# of database connections) is wrong for a worker that forks and for a command that ends at once.
WEB_PROCESS = env.str("HAIRLINE_PROCESS", default="") == "web"


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


WEB_PROCESSES = env.int("WEB_PROCESSES", default=min(4, max(2, _cores())))
# Requests that one web process works on at once. Python computes on one of them at a time; the
# others wait for database and disk.
WEB_THREADS = env.int("WEB_THREADS", default=8)
# How long a request waits for a free thread before it is answered 503.
WEB_PATIENCE_S = env.float("WEB_PATIENCE_S", default=5.0)

# Connections to PostgreSQL of one web process: a thread each, and one each for the ledger watch,
# the sockets' sign-in and two checks of who sends a large body. 0 = no pool.
DB_POOL_MAX = env.int("DB_POOL_MAX", default=WEB_THREADS + 4)
DB_WAIT_S = 5  # for a connection, of the pool or a new one; then the page says that it is busy

# Open connections of one web process, idle ones and sockets among them, and those of one address
# where the address is the client's own (no proxy, not this machine).
WEB_CONNECTIONS = env.int("WEB_CONNECTIONS", default=1000)
WEB_CONNECTIONS_PER_ADDRESS = env.int("WEB_CONNECTIONS_PER_ADDRESS", default=WEB_CONNECTIONS // 2)
# Large bodies that one process takes in at a time, and those of one person.
WEB_UPLOADS = env.int("WEB_UPLOADS", default=16)
WEB_UPLOADS_PER_PERSON = env.int("WEB_UPLOADS_PER_PERSON", default=4)

# How long a client may take, seconds. A phone under a bridge sends slowly: it may, as long as it
# sends.
HEADERS_WITHIN_S = env.float("HEADERS_WITHIN_S", default=10)
KEEP_ALIVE_S = env.float("KEEP_ALIVE_S", default=15)
BODY_STALL_S = env.float("BODY_STALL_S", default=20)  # without one byte
BODY_FLOOR_BYTES_PER_S = env.int("BODY_FLOOR_BYTES_PER_S", default=2000)  # on average
BODY_WITHIN_S = env.float("BODY_WITHIN_S", default=3600)
ANSWER_STALL_S = env.float("ANSWER_STALL_S", default=60)  # without reading one byte
