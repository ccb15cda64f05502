"""The websocket of a signed-in page: it tells the page that something changed, never what.

It sends ``{"seq": n}`` at once and whenever n changes. The page then asks ``/news/``, which checks
permissions. The server closes the socket with code 4401 when the session has ended, and with 4403
when the last membership has ended or a required second factor is missing.
"""

from __future__ import annotations

import asyncio
import json

from channels.generic.websocket import AsyncWebsocketConsumer

from portal.ledger_watch import NOT_A_MEMBER, Subscription, ledger_watch

# No channel layer has this name: sockets need none, since all of a process share the ledger watch.
NO_LAYER = "sockets need none"


class LiveConsumer(AsyncWebsocketConsumer):
    """The socket of one page. Anonymous visitors get 403 in place of a handshake."""

    channel_layer_alias = NO_LAYER
    subscription: Subscription | None = None
    delivery: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close()
            return
        await self.accept()
        if user.lacks_factor:  # set by the session's backend, portal.sign_in.backend
            await self.close(code=NOT_A_MEMBER)
            return
        self.subscription = ledger_watch().subscribe(
            user_id=user.pk, session_key=self.scope["session"].session_key
        )
        self.delivery = asyncio.create_task(self._deliver(self.subscription))

    async def _deliver(self, subscription: Subscription) -> None:
        while True:
            await subscription.change()
            if subscription.close_code is not None:
                await self.close(code=subscription.close_code)
                return
            await self.send(text_data=json.dumps({"seq": subscription.seq}))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Ignores what a page sends: pages have nothing to say here."""

    async def disconnect(self, code: int) -> None:
        if self.delivery is not None:
            self.delivery.cancel()
        if self.subscription is not None:
            await ledger_watch().unsubscribe(self.subscription)


class NoSuchSocket(AsyncWebsocketConsumer):
    """Refuses every other websocket address, as the site refuses a page that does not exist."""

    channel_layer_alias = NO_LAYER

    async def connect(self) -> None:
        await self.close()
