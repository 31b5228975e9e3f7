"""Is the record whole, and what changed between two points?"""
