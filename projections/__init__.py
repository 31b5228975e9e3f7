"""The record as tables: follows the journal into a columnar mirror that can be thrown away and rebuilt."""
