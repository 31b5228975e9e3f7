"""Editions: figures of a half-year, published under a number, withheld where they must be, made again years later."""
