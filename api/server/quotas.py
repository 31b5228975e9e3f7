"""What one token may post, and how much of what is posted may be in memory at once.

Each token has a bucket of requests and one of bytes; both fill up again within a minute
(draft-ietf-httpapi-ratelimit-headers-10). A request is taken while there is anything in both, and what its body has,
unpacked, is taken out afterwards: so a body is refused before it is read, and none for being the last.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from api.problems import Problem

WINDOW_SECONDS = 60
MOST_HELD_BYTES = 64 * 1024 * 1024
"""Bodies that are in memory until they are answered, together: eight of the longest. Decoded, a body takes some five
times its length."""
MOST_HELD_OF_ONE = MOST_HELD_BYTES // 2
MOST_UPLOADS = 8
"""Uploads of lines that one token may have open."""
MOST_TOKENS = 10_000
"""For how many tokens it is remembered what they posted."""


class Limits(NamedTuple):
    """What a token may post in a minute; 0 means no limit."""

    requests: int = 600_000
    content_bytes: int = 1024 * 1024 * 1024

    @property
    def policy(self) -> str:
        """The value of `RateLimit-Policy`."""
        parts = []
        if self.requests:
            parts.append(f'"requests";q={self.requests};w={WINDOW_SECONDS}')
        if self.content_bytes:
            parts.append(f'"content";q={self.content_bytes};qu="content-bytes";w={WINDOW_SECONDS}')
        return ", ".join(parts)


class _Bucket:
    """What fills up within a minute: at least `rest` is left. What is taken last may be more than there was."""

    __slots__ = ("_at", "most", "rest")

    def __init__(self, most: int, now: float) -> None:
        self.most = most
        self.rest, self._at = float(most), now

    def left(self, now: float) -> float:
        self.rest = min(self.most, self.rest + (now - self._at) * self.most / WINDOW_SECONDS)
        self._at = now
        return self.rest

    def seconds(self, least: float) -> int:
        """After how many seconds so much will be left."""
        return max(0, math.ceil((least - self.rest) * WINDOW_SECONDS / self.most))


class Quota:
    """What is left to one token, and what of it is in memory."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        now = clock()
        self._limits, self._clock = limits, clock
        self._requests = _Bucket(limits.requests, now) if limits.requests else None
        self._content = _Bucket(limits.content_bytes, now) if limits.content_bytes else None
        self._buckets = [it for it in (self._requests, self._content) if it]
        self.held = self.uploads = 0

    def ask(self) -> None:
        """Takes a request out. Raises Problem 429 where nothing is left of either."""
        for bucket in self._buckets:
            if bucket.rest < 1 and bucket.left(self._clock()) < 1:
                which = "requests" if bucket is self._requests else "content"
                raise self.limited(max(1, bucket.seconds(1)), "quota.used_up", which, most=bucket.most)
        if self._requests:
            self._requests.rest -= 1

    @property
    def scarce(self) -> bool:
        """Whether less than half of something is left. Only where it may be the clock is looked at."""
        return any(it.rest * 2 < it.most and it.left(self._clock()) * 2 < it.most for it in self._buckets)

    def take(self, content: int) -> None:
        """Takes out what a body had."""
        if self._content:
            self._content.rest -= content

    def wait_seconds(self) -> int:
        """For how long nothing of an upload is to be read."""
        if self._content is None or self._content.left(self._clock()) >= 1:
            return 0
        return self._content.seconds(1)

    def limited(self, seconds: int, code: str, which: str = "", /, **facts: object) -> Problem:
        """The problem that tells this token how long to wait."""
        it = Problem(429, code, which, retry_after=seconds, **facts)
        it.headers = self.fields()
        return it

    def fields(self) -> dict[str, str]:
        """`RateLimit-Policy` and `RateLimit`: what is left, and in how many seconds it is whole again."""
        now, parts = self._clock(), []
        for name, it in (("requests", self._requests), ("content", self._content)):
            if it:
                parts.append(f'"{name}";r={max(0, int(it.left(now)))};t={it.seconds(it.most)}')
        return {"RateLimit-Policy": self._limits.policy, "RateLimit": ", ".join(parts)} if parts else {}


class Hold:
    """What of one request is in memory, until it is left."""

    __slots__ = ("_bytes", "_quota", "_quotas")

    def __init__(self, quotas: Quotas, quota: Quota) -> None:
        self._quotas, self._quota, self._bytes = quotas, quota, 0

    def __enter__(self) -> Hold:
        return self

    def grow(self, count: int) -> None:
        """Raises Problem 503 where bodies take too much of the memory already, 429 where those of this token do."""
        quotas, quota = self._quotas, self._quota
        if quota.held + count > MOST_HELD_OF_ONE:
            raise quota.limited(1, "quota.at_once")
        if quotas.held + count > MOST_HELD_BYTES:
            raise Problem(503, "record.overloaded", "memory")
        quotas.held += count
        quota.held += count
        self._bytes += count

    def __exit__(self, *_: object) -> None:
        self._quotas.held -= self._bytes
        self._quota.held -= self._bytes


class Quotas:
    """The quotas of all tokens. Not for two threads at once."""

    def __init__(self, limits: Limits = Limits(), clock: Callable[[], float] = time.monotonic) -> None:  # noqa: B008
        self.limits = limits
        self.held = 0
        self._clock = clock
        self._of = OrderedDict[str, Quota]()

    def of(self, token: str) -> Quota:
        """The quota of a token; where there are too many, the one that has not posted for longest is forgotten."""
        if (found := self._of.get(token)) is not None:
            self._of.move_to_end(token)
            return found
        found = self._of[token] = Quota(self.limits, self._clock)
        while len(self._of) > MOST_TOKENS:
            self._of.popitem(last=False)
        return found

    def hold(self, quota: Quota) -> Hold:
        """What a request has in memory, counted until it is left."""
        return Hold(self, quota)
