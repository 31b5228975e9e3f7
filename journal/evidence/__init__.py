"""Files of evidence items, outside the record: each encrypted with its own key, which the vault has."""
