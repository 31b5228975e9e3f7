"""What takes some seconds to see of the document: that it is one, and that its columns are those of the tables."""

from __future__ import annotations

import msgspec
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.http.openapi.document import contract
from api.http.openapi.row_schemas import FILE
from tests.api.view_rows import encoded, view_rows
from tests.mirrors import empty, reading


def test_the_columns_of_views_are_current() -> None:
    assert encoded(view_rows(reading(empty()))) == FILE.read_bytes(), "say `python -m tests.written`"


def test_the_document_is_valid() -> None:
    OpenAPIV31SpecValidator(msgspec.json.decode(contract())).validate()
