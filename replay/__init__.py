"""The auditor: any point in time, what changed between two, whether the record is whole. Reads only."""
