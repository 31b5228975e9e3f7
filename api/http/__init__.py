"""The HTTP server: routes, one file a resource, what a request may say and how it is answered."""
