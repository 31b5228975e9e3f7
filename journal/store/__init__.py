"""The record in a database: appending through one writer, reading by position or stream."""
