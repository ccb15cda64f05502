"""How the schema describes ids and texts."""

from portal.whole_numbers import LARGEST

ROW_ID = {"type": "integer", "format": "int64", "minimum": 1, "maximum": LARGEST}
# Texts that can be kept (no NUL), and such that hold more than blanks.
SOUND = r"^[^\u0000]*$"
SAYS_SOMETHING = r"^[^\u0000]*[^\u0000\s][^\u0000]*$"
