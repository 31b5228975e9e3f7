"""What can be read, each declared once: over HTTP, in the terminal of a server, and from a folder without one."""
