"""Celery's broker and the channel layer. They only announce work; the database holds it."""

from portal.settings.environment import DATA_DIR, env

REDIS_URL = env.str("REDIS_URL", default="")
BROKER_URL = env.str("BROKER_URL", default=REDIS_URL) or "filesystem://localhost"
EMBEDDED_QUEUE = BROKER_URL.startswith("filesystem://")

# https://docs.celeryq.dev/en/stable/userguide/configuration.html
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SOFT_TIME_LIMIT = env.int("ANALYSIS_SOFT_LIMIT_S", default=540)
CELERY_TASK_TIME_LIMIT = env.int("ANALYSIS_HARD_LIMIT_S", default=600)
CELERY_IMPORTS = ["inference.tasks"]  # by name: the site itself never imports the instrument
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_TASK_ROUTES = {"portal.office.*": {"queue": "office"}}  # work without pixels
CELERY_TASK_CREATE_MISSING_QUEUES = True
# Publishing a ring must never hold up a person's request.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 2.0

QUEUE_FOLDER = DATA_DIR / "queue"
if EMBEDDED_QUEUE:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_FOLDER / "messages"),
        "data_folder_out": str(QUEUE_FOLDER / "messages"),
        "control_folder": str(QUEUE_FOLDER / "control"),
        "processed_folder": str(QUEUE_FOLDER / "processed"),
        "store_processed": False,
        "polling_interval": 0.2,
    }
elif BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": CELERY_TASK_TIME_LIMIT + 3000,
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
    }

# The sweeper: re-rings queued rows nobody holds and rows whose lease ran out, and makes what
# time brings.
SWEEP_EVERY_S = env.int("SWEEP_EVERY_S", default=5)
LEASE_S = env.int("LEASE_S", default=30)  # renewed every third of it while a worker computes
RING_AGAIN_AFTER_S = env.int("RING_AGAIN_AFTER_S", default=60)
MAX_ATTEMPTS = 3
LEDGER_CHECK_HOUR = env.int("LEDGER_CHECK_HOUR", default=2)  # of TIME_ZONE; once a night, or later
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "portal.office.sweep",
        "schedule": float(SWEEP_EVERY_S),
        "options": {"expires": max(1, SWEEP_EVERY_S - 1)},
    }
}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")

# https://channels.readthedocs.io/en/latest/topics/channel_layers.html
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    }
# How often one poller a process looks for new ledger entries, for all its sockets together.
LIVE_POLL_S = env.float("LIVE_POLL_S", default=0.5)
