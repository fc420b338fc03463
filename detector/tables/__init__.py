"""Tables in and out: what people annotate and what a scan writes, one small module a format, one table of formats."""

from __future__ import annotations

from detector.tables.formats import FORMATS, Format, read_annotations, read_tables, write_table
from detector.tables.table import Annotation, AnnotationSet, Problem, ReadOptions, Table

__all__ = [
    "FORMATS",
    "Annotation",
    "AnnotationSet",
    "Format",
    "Problem",
    "ReadOptions",
    "Table",
    "read_annotations",
    "read_tables",
    "write_table",
]
