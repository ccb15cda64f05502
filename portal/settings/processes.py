"""How the web processes work: how many requests at once, and how long one may wait."""

from portal.settings.environment import env

# Requests that one web process works on at once. Python computes on one of them at a time; the
# others wait for database and disk.
WEB_THREADS = env.int("WEB_THREADS", default=8)
# How long a request waits for a free thread before it is answered 503.
WEB_PATIENCE_S = env.float("WEB_PATIENCE_S", default=5.0)
