"""Acts: what happens inside Sagwan, in the order of the record, judged against its state as it is made."""
