"""The door: HTTP, authentication, the hub's client. The only importer of `aiohttp`."""
