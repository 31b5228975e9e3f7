"""A running record: its parts on one event loop, and its background workers."""
