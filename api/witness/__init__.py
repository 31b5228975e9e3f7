"""`sagwan witness serve`: the HTTP side of a witness."""
