"""The schema of a table as it is printed at the start of a run."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pargan.errors import counted
from pargan.records.schema import Schema

ROWS = 40  # columns printed


def schema_table(schema: Schema) -> RenderableType:
    """A row per column: its type, its range or categories, the number of missing cells, and why."""
    table = Table(title="Columns", title_justify="left", box=None, pad_edge=False)
    for name in ("column", "type", "range or categories", "missing", "why"):
        table.add_column(name, justify="right" if name == "missing" else "left", overflow="fold")
    for column in schema.columns[:ROWS]:
        decision = schema.decision(column.name)
        missing = str(decision.missing) if decision.missing else ""
        why = "; ".join(part for part in (decision.why, decision.encoding_why) if part)
        table.add_row(Text(column.name), column.type, Text(column.describe()), missing, Text(why))
    for name, why in list(schema.left_out.items())[:ROWS]:
        table.add_row(Text(name), "left out", "", "", Text(why))
    if len(schema.columns) > ROWS:
        table.caption = f"and {counted(len(schema.columns) - ROWS, 'more column')}: all are in schema.json"
    remarks = [Text(f"the file was {remark}") for remark in schema.remarks]
    return Group(
        table, *remarks, Text("other types: dataset.types={name:type}, or dataset.schema=<an edited schema.json>")
    )
