"""Threads that keep something up with the record: the sealer, the follower of the tables."""

from __future__ import annotations

import threading


class BackgroundWorker(threading.Thread):
    """A thread that is notified of growth (`wake`), may be waited for (`wait`) and ends when asked (`stop`)."""

    def __init__(self, name: str, *, grown: bool = False) -> None:
        super().__init__(name=name, daemon=True)
        self._grown = grown
        self._stopping = False
        self._changed = threading.Condition()
        self._awaited: list[int] = []

    @property
    def position(self) -> int:
        """The position it has come to."""
        raise NotImplementedError

    @property
    def halted(self) -> Exception | None:
        """Why it will not go on, None while it does."""
        raise NotImplementedError

    def wake(self) -> None:
        """The record has more. Never waits."""
        with self._changed:
            self._grown = True
            self._changed.notify_all()

    def wait(self, position: int, timeout: float) -> bool:
        """Whether it has come to `position` within `timeout` seconds; while somebody waits, nothing is put off."""
        with self._changed:
            if self.position >= position:
                return True
            self._awaited.append(position)
            self._grown = True
            self._changed.notify_all()
            try:
                self._changed.wait_for(lambda: self.position >= position or self.halted or self._stopping, timeout)
            finally:
                self._awaited.remove(position)
            return self.position >= position

    def rest(self, seconds: float) -> None:
        """Returns after some seconds, or when asked to end."""
        with self._changed:
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._stopping, seconds)

    def stop(self) -> None:
        """Returns when the thread has ended, having finished what it does at its end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self.is_alive():
            self.join()

    def _hurried(self) -> bool:
        return any(position > self.position for position in self._awaited)
