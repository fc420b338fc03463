"""Read annotation tables and write detection tables: one module for each format, and one table of formats."""

from __future__ import annotations

from detector.tables.detection import Detection
from detector.tables.formats import FORMATS, Format, read_annotations, read_tables
from detector.tables.table import Annotation, AnnotationSet, Problem, ReadOptions, Table
from detector.tables.writer import Decimals, WriteOptions, Writer
from detector.tables.writing import write_each, write_table

__all__ = [
    "FORMATS",
    "Annotation",
    "AnnotationSet",
    "Decimals",
    "Detection",
    "Format",
    "Problem",
    "ReadOptions",
    "Table",
    "WriteOptions",
    "Writer",
    "read_annotations",
    "read_tables",
    "write_each",
    "write_table",
]
