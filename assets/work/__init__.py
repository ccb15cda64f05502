"""Work for the workers: rows that are claimed, leased, tried three times and never lost.

Each kind of work is a table whose model is a subclass of :class:`assets.models.Work`. The rows hold
everything; a message through the broker, called a *ring* here, says only that a row waits. A worker
that gets a ring claims the next row by one conditional UPDATE and holds it by a lease. Only the
attempt that claimed a row may write its result.

The next row is one that a dead worker left behind, if there is one; then people's rows before
backlog, and among them a row of the organisation that was served longest ago. All times are by the
database's clock, so that a worker's wrong clock does no harm. A ring may be lost: the *sweeper*
looks for waiting rows every few seconds and rings again.

A new kind of work is one class and one page:

1. *The class.* A subclass of ``Work`` in :mod:`assets.models`, with ``NOUN``, its own columns and
   ``objects = scoped(…)``; ``RUN`` names its function. Name it in ``assets/models/__init__.py`` and
   in ``tests/assets/test_visibility.py``, give each constraint of its own a sentence
   (``assets/constraints.py``) and each reason of its own a finding (:mod:`assets.findings`); then
   ``manage.py makemigrations``. If its rows belong to an asset, override ``asset_of``: then the
   pages that show that asset hear of changes.
2. *Its function*, in :mod:`assets.services`: ``run(claim, show_stage)`` works on ``claim.row``
   outside any transaction, calls ``show_stage("a word")`` now and then (it raises
   :class:`~assets.work.claims.ClaimLost` if another worker has the row now), and ends with
   :func:`assets.work.claims.finish`, which writes only while the claim holds. An exception is a
   failed attempt; raise :class:`~assets.work.attempts.CannotWork` to give the reason.
3. *Rows.* Create them with ``queued_at`` and ``rung_at`` of now, and call
   :func:`assets.work.rings.ring` in the same transaction. Rows that are due at a certain time are
   made by the function named in ``DUE``, which the sweeper calls.
4. *The page* shows state and reason (``templates/work/standing.html``) and posts Retry to a view
   that asks ``portal.access`` and calls :func:`assets.work.attempts.retry`.

Nothing else is needed: the office worker (``portal/office.py``), the sweeper, claims, leases and
attempts find the table by its class. Work that needs pixels, a GPU or time limits names a task of
its own in ``RING`` and calls :func:`assets.work.claims.claim_next` there.
"""
