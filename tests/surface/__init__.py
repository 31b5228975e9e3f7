"""What users hold in their hands, recorded: every answer over HTTP, every command, view, column and problem code.

`python -m tests.surface record` writes it to `recorded/`; `test_surface.py` asks again and compares. What is meant to
differ is listed in `changed.py` with its reason, and in the CHANGELOG.
"""
