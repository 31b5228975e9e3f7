"""A running record: its parts on one event loop, and what works beside the requests."""
