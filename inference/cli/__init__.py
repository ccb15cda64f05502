"""The commands of ``python -m inference``, one module each.

A command module has ``HELP`` (one sentence, a literal), ``add_arguments(parser)`` and
``run(args) -> int`` (the exit code). It imports what is heavy inside ``run``, so that asking for
help costs nothing.
"""
