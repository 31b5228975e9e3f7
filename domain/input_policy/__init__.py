"""What may enter at all: who may write what, what a text, a number or a code may be. Stored entries never pass."""
