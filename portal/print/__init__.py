"""What people print. Pages are set by Typst in a process of their own, never by the instrument."""
