"""`oidc.toml`: which issuer identifies people, and which of its claims grant what.

```toml
issuer = "https://login.example.kr/realms/rnd"
client_id = "sagwan"                     # by which the issuer knows the sign-in of people
client_secret_file = "/etc/sagwan/oidc"  # left out where the issuer wants none
audience = "sagwan-api"                  # of tokens that programs send to /v1; left out, none are taken

[[grants]]                               # the first whose claim has its value
claim = "groups"                         # realm_access.roles is a claim inside a claim
value = "msit-rnd"
role = "official"
scope = { ministries = ["MSIT"] }
```
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from domain.acts.credential import CredentialIssued, Persons, Scope, check_grant
from domain.input_policy.authority import Actor
from domain.input_policy.characters import complaint
from domain.input_policy.terms import check_terms_of
from domain.messages import Invalid, of_library, reason, sentence
from domain.record import Refused, Role
from journal.trusted_clock import now

LOCAL = re.compile(r"http://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?(?:/.*)?")
ABROAD = re.compile(r"https://[^/\s?#]+(?:/[^\s?#]*)?")

SPACED = ("scope", "scp")
"""Claims that are several words with a space between (RFC 8693, 4.2; RFC 9068, 2.2.3; `scp` as Entra ID has it)."""


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is granted to a person whose `claim` is, or contains, this `value`."""

    claim: str
    value: str
    role: Role
    hub: str | None = None
    persons: Persons = "own"
    cross_border: bool = False
    scope: Scope | None = None

    def fits(self, claims: Mapping[str, Any]) -> bool:
        found: Any = claims.get(self.claim)
        if found is None:
            found = claims
            for part in self.claim.split("."):
                found = found.get(part) if isinstance(found, Mapping) else None
        if self.claim in SPACED and isinstance(found, str):
            found = found.split()
        return found == self.value or (isinstance(found, list) and self.value in found)

    def actor(self, pseudonym: str, nth: int) -> Actor:
        """The person, as this grant lets him act; `nth` is its number among all, by which his means are known."""
        means = f"{pseudonym}/{nth}"
        return Actor(pseudonym, self.role, self.hub or "", self.persons, self.cross_border, self.scope, means)


class Grants(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it reads. An access token for `/v1` is of another audience than what a person signs in with."""

    issuer: str
    client_id: str
    grants: tuple[Grant, ...]
    client_secret_file: str | None = None
    audience: str | None = None
    scopes: str = "openid profile email"

    @classmethod
    def load(cls, path: Path) -> Grants:
        """Raises ValueError with the name of the file, and how to mend it."""
        try:
            it = msgspec.toml.decode(path.read_bytes(), type=cls)
            it.check()
        except OSError as error:
            raise Invalid("grants.file", path=path, because=of_library(str(error.strerror))) from None
        except msgspec.ValidationError as error:
            raise Invalid("command.file", path=path, because=complaint(error, cls)) from None
        except (msgspec.MsgspecError, ValueError, Refused) as error:
            raise Invalid("command.file", path=path, because=reason(error)) from None
        return it

    def check(self) -> None:
        """Raises ValueError, Refused for what cannot be."""
        if not (ABROAD.fullmatch(self.issuer) or LOCAL.fullmatch(self.issuer)):
            raise Invalid("grants.issuer")
        if self.audience == self.client_id:
            raise Invalid("grants.audience")
        if "openid" not in self.scopes.split():
            raise Invalid("grants.scopes")
        if not self.grants:
            raise Invalid("grants.none")
        self.secret()
        for nth, it in enumerate(self.grants, 1):
            try:
                issue = CredentialIssued(role=it.role, digest="0" * 64, hub=it.hub, persons=it.persons, scope=it.scope)
                check_grant(issue)
                check_terms_of(issue, now().date())
            except (Refused, ValueError) as error:
                raise Invalid("grants.nth", nth=nth, because=reason(error)) from None

    def secret(self) -> str | None:
        """Raises ValueError where the file cannot be read, or is empty."""
        if self.client_secret_file is None:
            return None
        try:
            if secret := Path(self.client_secret_file).read_text().strip():
                return secret
        except OSError as error:
            raise Invalid("grants.secret", because=of_library(str(error.strerror))) from None
        except UnicodeDecodeError as error:
            raise Invalid("grants.secret", because=reason(error)) from None
        raise Invalid("grants.secret", because=sentence("json.empty"))

    def actor(self, claims: Mapping[str, Any], pseudonym: str) -> Actor | None:
        """What somebody with these claims may do; None where that is nothing."""
        return next((it.actor(pseudonym, nth) for nth, it in enumerate(self.grants) if it.fits(claims)), None)
