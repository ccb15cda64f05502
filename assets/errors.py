"""The exception that the register raises when it refuses: a code, a sentence and a remedy.

Pages and API map it to a response once; services raise it and write nothing.
"""

from __future__ import annotations


class DomainError(Exception):
    """A refusal with its remedy.

    Attributes:
        code: stable, snake_case; programs match on it.
        message: one sentence saying what is wrong.
        hint: one sentence saying what to do.
        field: name of the input that is wrong, where there is one.
    """

    def __init__(self, code: str, message: str, hint: str = "", field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.field = field
