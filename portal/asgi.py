"""The ASGI application: pages and API over HTTP, the live socket, a limit on bodies around both."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

from portal.first_run import prepare

prepare()
django.setup(set_prefix=False)  # before anything that needs the models

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from portal.errors import overloaded  # noqa: E402
from portal.live import LiveConsumer, NoSuchSocket  # noqa: E402
from portal.serving.body_limit import BodyLimit  # noqa: E402
from portal.serving.request_threads import RequestThreads  # noqa: E402
from portal.serving.upload_places import UploadPlaces  # noqa: E402

pages = RequestThreads(
    threads=settings.WEB_THREADS, patience_s=settings.WEB_PATIENCE_S, overloaded=overloaded
)
sockets = URLRouter(
    [path("ws/live/", LiveConsumer.as_asgi()), re_path(r"", NoSuchSocket.as_asgi())]
)

application = BodyLimit(
    ProtocolTypeRouter(
        {
            "http": pages,
            "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(sockets)),
        }
    ),
    max_file_bytes=settings.PHOTO_MAX_BYTES,
    places=UploadPlaces(in_all=settings.WEB_UPLOADS, per_person=settings.WEB_UPLOADS_PER_PERSON),
)
