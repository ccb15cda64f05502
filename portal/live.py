"""The websocket of a signed-in page: it says that there is something new, never what.

``{"seq": n}`` comes at once and whenever n changes; the page then fetches through reads that check
permissions. Closed with 4401 when the session has ended, 4403 when the last membership has
or a second factor is missing that an organisation requires.
"""

from __future__ import annotations

import asyncio
import json

from channels.generic.websocket import AsyncWebsocketConsumer

from portal.ledger_watch import NOT_A_MEMBER, Subscription, ledger_watch

NO_LAYER = "sockets need none"  # all sockets of a process share the watch's one channel


class LiveConsumer(AsyncWebsocketConsumer):
    """One page's socket. Anonymous visitors get 403 in place of a handshake."""

    channel_layer_alias = NO_LAYER
    subscription: Subscription | None = None
    delivery: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close()
            return
        await self.accept()
        if user.lacks_factor:  # as the backend of the session said (portal.sign_in.backend)
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
        """What a page says is not asked for."""

    async def disconnect(self, code: int) -> None:
        if self.delivery is not None:
            self.delivery.cancel()
        if self.subscription is not None:
            await ledger_watch().unsubscribe(self.subscription)


class NoSuchSocket(AsyncWebsocketConsumer):
    """Every other websocket address: refused, as a page that does not exist would be."""

    channel_layer_alias = NO_LAYER

    async def connect(self) -> None:
        await self.close()
