"""Pages for people, in Korean and English: what the reads of `/v1` answer, as HTML that needs no script."""
