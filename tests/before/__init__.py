"""Records made by earlier releases, and what they said then: whatever is changed, they open, follow and reproduce."""
