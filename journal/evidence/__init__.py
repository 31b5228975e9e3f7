"""Files of evidence items, beside the record: each encrypted by a key of its own, which the vault has."""
