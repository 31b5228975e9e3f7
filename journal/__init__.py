"""The record itself: the only code that writes it, and the only importer of `eventsourcing` and database drivers."""
