"""What may be recorded: who may write what, what a text, number or code may be. Stored entries are never checked."""
