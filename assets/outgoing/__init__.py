"""All outgoing connections: every one to an address that the settings do not name.

``outgoing_session`` for HTTP, ``open_vetted_socket`` and ``vetted_addresses`` for all else.
"""

from assets.outgoing.guard import (
    Guard,
    OutgoingRefused,
    guard_of_installation,
    open_vetted_socket,
    vetted_addresses,
)
from assets.outgoing.session import (
    AnswerTooLarge,
    OutgoingFailed,
    OutgoingSession,
    outgoing_session,
)

__all__ = [
    "AnswerTooLarge",
    "Guard",
    "OutgoingFailed",
    "OutgoingRefused",
    "OutgoingSession",
    "guard_of_installation",
    "open_vetted_socket",
    "outgoing_session",
    "vetted_addresses",
]
