"""Work that is never lost, of any kind: claimed, leased, tried three times, swept, retried.

The rows are the mailbox, the broker is only a doorbell. A table whose model is an
:class:`assets.models.Work` is claimed by one conditional UPDATE and held by a lease; only the
attempt that claimed may write; a ring says that there is work, and whoever hears it takes the
next row: first what a worker left behind, then people's before backlog, of the organisation that
was served longest ago. The database's clock decides, so no worker's clock can.

A new kind of work is one class and one page:

1. *The class.* A subclass of ``Work`` in :mod:`assets.models`, with ``NOUN``, its own columns and
   ``objects = scoped(…)``; ``RUN`` names its function. Name it in ``assets/models/__init__.py`` and
   in ``tests/assets/test_visibility.py``, give each constraint of its own a sentence
   (``assets/constraints.py``) and each reason of its own a finding (:mod:`assets.findings`); then
   ``manage.py makemigrations``. Where its rows belong to an asset, ``asset_of`` says to which: the
   pages that show that asset then hear of it.
2. *Its function*, in :mod:`assets.services`: ``run(claim, show_stage)`` works on ``claim.row``
   outside any transaction, calls ``show_stage("a word")`` now and then (it raises
   :class:`~assets.work.claims.ClaimLost` where going on is of no use), and ends with
   :func:`assets.work.claims.finish`, which writes only while the claim holds. An exception is a
   failed attempt; :class:`~assets.work.attempts.CannotWork` says why in its own words.
3. *Rows.* Create them with ``queued_at`` and ``rung_at`` of now, and :func:`assets.work.rings.ring`
   for them in the same transaction. What a clock brings is made by the function named in ``DUE``,
   which the sweeper calls.
4. *The page* shows state and reason (``templates/work/standing.html``) and posts Retry to a view
   that asks ``portal.access`` and calls :func:`assets.work.attempts.retry`.

Nothing else: the office (``portal/office.py``), the sweeper, fairness, leases and the failing of
what is given up know the table by its class. Work that needs pixels, a GPU or time limits names a
task of its own in ``RING`` and calls :func:`assets.work.claims.claim_next` there.
"""
