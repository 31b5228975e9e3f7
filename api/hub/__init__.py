"""The hub's side: rows of a table into facts, an outbox on the hub's disk, and the client that posts."""
