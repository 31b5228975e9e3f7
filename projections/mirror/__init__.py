"""The record as tables in DuckDB: schema, pages in, views out, and the follower that keeps it up."""
