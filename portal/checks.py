"""System checks: say what is wrong with the installation before it starts, and the remedy."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from assets.errors import DomainError
from assets.outgoing import guard_of_installation
from assets.services import secret_keys

BROKERS = {"filesystem", "redis", "rediss", "amqp", "amqps", "sqs", "memory"}
MIN_KEY_LENGTH = 32
MIN_LEASE_S = 15  # a lease is renewed every third of it; less would not outlive a busy machine


def _writable(folder: Path) -> bool:
    """Whether files can be made in ``folder``, or it can be made itself."""
    while not folder.exists():
        if folder.parent == folder:
            return False
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


@register(Tags.files)
def check_folders(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The data folder and the photo storage can be written."""
    problems: list[CheckMessage] = []
    if not _writable(Path(settings.DATA_DIR)):
        problems.append(
            Error(
                _("The data folder %(folder)s cannot be written.") % {"folder": settings.DATA_DIR},
                hint=_("Change its owner or rights, or give another: DATA_DIR=/some/folder."),
                id="portal.E001",
            )
        )
    try:
        media = Path(default_storage.path(""))
    except NotImplementedError:
        return problems  # a remote storage has no folder; /readyz tries it
    except (ImproperlyConfigured, ImportError) as error:
        return [
            *problems,
            Error(
                _("The photo storage cannot be opened: %(error)s") % {"error": error},
                hint=_("Correct STORAGES; the folder on this machine is the default."),
                id="portal.E002",
            ),
        ]
    if not _writable(media):
        problems.append(
            Error(
                _("Photos cannot be stored: %(folder)s cannot be written.") % {"folder": media},
                hint=_("Change its owner or rights to the user that runs this."),
                id="portal.E003",
            )
        )
    return problems


@register(Tags.security)
def check_security(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Nobody serves the internet with debugging on, a short key or an open door."""
    problems: list[CheckMessage] = []
    public = [h for h in settings.ALLOWED_HOSTS if h not in ("localhost", "127.0.0.1", "[::1]")]
    if settings.DEBUG and public:
        problems.append(
            Error(
                _("DEBUG is on while the site answers to %(hosts)s.")
                % {"hosts": ", ".join(public)},
                hint=_("Take DEBUG out of the environment; error pages would show settings."),
                id="portal.E010",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        problems.append(
            checks.Warning(
                _("ALLOWED_HOSTS=* answers to every name, so links can be forged."),
                hint=_("Name the hosts: ALLOWED_HOSTS=hairline.example.org."),
                id="portal.W011",
            )
        )
    if public and len(settings.SECRET_KEY) < MIN_KEY_LENGTH:
        problems.append(
            Error(
                _("SECRET_KEY has %(n)d characters; that can be guessed.")
                % {"n": len(settings.SECRET_KEY)},
                hint=_("Leave SECRET_KEY out: one is made in the data folder; or give 50 signs."),
                id="portal.E012",
            )
        )
    if public and not settings.BEHIND_HTTPS:
        problems.append(
            checks.Warning(
                _("Sign-in cookies travel without HTTPS."),
                hint=_("Put the site behind a proxy with a certificate and set BEHIND_HTTPS=1."),
                id="portal.W013",
            )
        )
    return problems


@register(Tags.security)
def check_secret_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The keys of the secret store are keys, and nobody else can read their file."""
    try:
        secret_keys.all_keys()
    except DomainError as error:
        return [Error(error.message, hint=error.hint, id="portal.E040")]
    path = secret_keys.key_file()
    if path.exists() and path.stat().st_mode & 0o077:
        return [
            checks.Warning(
                _("Others on this machine can read %(path)s, which opens the stored secrets.")
                % {"path": path},
                hint=_(
                    "Take their rights: chmod 600 %(path)s, then python manage.py rotate_secrets."
                )
                % {"path": path},
                id="portal.W041",
            )
        ]
    return []


@register(Tags.security)
def check_outgoing(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The list of addresses that may be asked can be read and is no open door."""
    problems: list[CheckMessage] = []
    try:
        open_to_all = guard_of_installation().allowed.opens_everything()
    except DomainError as error:
        open_to_all = False
        problems.append(Error(error.message, hint=error.hint, id="portal.E050"))
    if open_to_all:
        problems.append(
            checks.Warning(
                _("OUTGOING_ALLOW opens every address, also metadata services and this machine."),
                hint=_("Name the hosts that are meant, such as 10.2.0.5:8080."),
                id="portal.W051",
            )
        )
    if settings.OUTGOING_CA_FILE:
        try:
            ssl.create_default_context(cafile=settings.OUTGOING_CA_FILE)
        except (OSError, ssl.SSLError) as error:
            problems.append(
                Error(
                    _("OUTGOING_CA_FILE=%(file)s cannot be used: %(error)s")
                    % {"file": settings.OUTGOING_CA_FILE, "error": error},
                    hint=_("Give a file of certificates in PEM, or leave it out."),
                    id="portal.E052",
                )
            )
    return problems


@register(Tags.security)
def check_openid(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Signing in through the organisation is either off or completely described."""
    server, client = settings.OIDC_SERVER_URL, settings.OIDC_CLIENT_ID
    if not server and not client:
        return []
    if not server or not client:
        missing = "OIDC_CLIENT_ID" if server else "OIDC_SERVER_URL"
        return [
            Error(
                _("%(name)s is missing, so nobody can sign in through the organisation.")
                % {"name": missing},
                hint=_("Give both OIDC_SERVER_URL and OIDC_CLIENT_ID, or neither."),
                id="portal.E060",
            )
        ]
    try:
        parts = urlsplit(server)
        described = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        described = False
    if not described:
        return [
            Error(
                _("OIDC_SERVER_URL=%(address)s is no address.") % {"address": server},
                hint=_(
                    "Give the issuer as the provider spells it: https://login.example.org/realm."
                ),
                id="portal.E061",
            )
        ]
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        return [
            checks.Warning(
                _("The provider is asked without HTTPS: who listens in can sign in as anybody."),
                hint=_("Give the provider a certificate and OIDC_SERVER_URL=https://…"),
                id="portal.W062",
            )
        ]
    return []


@register()
def check_queue(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Checks that we know the kind of broker, and that leases outlast a heartbeat."""
    problems: list[CheckMessage] = []
    scheme = urlsplit(settings.BROKER_URL).scheme.split("+")[0]
    if scheme not in BROKERS:
        problems.append(
            Error(
                _("BROKER_URL begins with “%(scheme)s”, which is no broker.") % {"scheme": scheme},
                hint=_(
                    "Give redis://…, amqp://…, or leave it out for the queue in the data folder."
                ),
                id="portal.E020",
            )
        )
    if settings.LEASE_S < MIN_LEASE_S:
        problems.append(
            Error(
                _("LEASE_S is %(seconds)s s; two workers would take the same photo.")
                % {"seconds": settings.LEASE_S},
                hint=_("Give %(least)s s or more; 30 is the default.") % {"least": MIN_LEASE_S},
                id="portal.E021",
            )
        )
    if settings.CELERY_TASK_SOFT_TIME_LIMIT >= settings.CELERY_TASK_TIME_LIMIT:
        problems.append(
            Error(
                _("ANALYSIS_SOFT_LIMIT_S is not below ANALYSIS_HARD_LIMIT_S."),
                hint=_("Leave a minute between them, so that an analysis can say why it stopped."),
                id="portal.E022",
            )
        )
    return problems


@register()
def check_field(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Limits make sense, the map's address has its places, the chosen network is shipped."""
    problems: list[CheckMessage] = [
        Error(
            _("%(name)s is %(value)s; no photo would ever be taken.")
            % {"name": name, "value": getattr(settings, name)},
            hint=_("Give a number above 0, or leave it out for the default."),
            id="portal.E030",
        )
        for name in ("PHOTO_MAX_BYTES", "PHOTO_MAX_PIXELS")
        if getattr(settings, name) <= 0
    ]
    places = ("{z}", "{x}", "{y}")
    if settings.MAP_TILE_URL and not all(place in settings.MAP_TILE_URL for place in places):
        problems.append(
            Error(
                _("MAP_TILE_URL does not say where zoom, column and row go."),
                hint=_("Write it like https://tiles.example.org/{z}/{x}/{y}.png, or leave it out."),
                id="portal.E031",
            )
        )
    weights = Path(settings.MODELS_FOLDER)
    shipped = sorted(card.parent.name for card in weights.glob("*/card.json"))
    if settings.HAIRLINE_MODEL and settings.HAIRLINE_MODEL not in shipped:
        problems.append(
            Error(
                _("HAIRLINE_MODEL=%(name)s names no shipped network.")
                % {"name": settings.HAIRLINE_MODEL},
                hint=_("Choose one of: %(names)s.") % {"names": ", ".join(shipped)}
                if shipped
                else _("None is installed here: restore inference/weights from the release."),
                id="portal.E032",
            )
        )
    return problems


@register()
def check_processes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every web process takes on something."""
    return [
        Error(
            _("%(name)s is %(value)s; no page would ever be served.")
            % {"name": name, "value": getattr(settings, name)},
            hint=_("Give a number above 0, or leave it out for the default."),
            id="portal.E040",
        )
        for name in ("WEB_PROCESSES", "WEB_THREADS", "WEB_CONNECTIONS", "WEB_UPLOADS")
        if getattr(settings, name) < 1
    ]
