"""Personal data, outside the record: encrypted for each person, erased by destroying the key."""
