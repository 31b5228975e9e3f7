"""The door: HTTP, authentication, the hub's client. The only importer of `aiohttp`."""

import os

# Before Arrow is loaded, which else keeps what each thread freed apart (`api/serve.py: bound_freed_memory`).
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
