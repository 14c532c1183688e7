"""The stages, in their order: ingest, orient, strip, tables, ocr, assemble, check."""
