"""The report of an edition: its content, and as page, charts and workbook."""
