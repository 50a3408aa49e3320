from .copies import CopyCounts, KnownRecords
from .export import Release, export_release
from .folder import LoadedRelease, is_release, load_generator
from .programs import write_program
from .record_formats import format_from_dict, format_to_dict, revealed_by
from .sampling import Generator
from .streaming import stream
from .write_records import write_records

__all__ = [
    "CopyCounts",
    "Generator",
    "KnownRecords",
    "LoadedRelease",
    "Release",
    "export_release",
    "format_from_dict",
    "format_to_dict",
    "is_release",
    "load_generator",
    "revealed_by",
    "stream",
    "write_program",
    "write_records",
]
