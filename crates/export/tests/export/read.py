"""What a reader makes of columns of an exported table, as JSON: read.py duckdb|pyarrow csv|parquet FILE COLUMN..."""

import json
import sys


def duckdb(kind, path, looked_at):
    import duckdb

    # The one option: whether there is a header cannot be guessed of a file that has nothing else.
    source = "read_csv(?, header = true)" if kind == "csv" else "read_parquet(?)"
    described = duckdb.execute(f"DESCRIBE SELECT * FROM {source}", [path]).fetchall()
    rows = duckdb.execute(f"SELECT {', '.join(looked_at)} FROM {source}", [path]).fetchall()
    return [column[0] for column in described], rows


def pyarrow(kind, path, looked_at):
    import pyarrow.parquet

    assert kind == "parquet"
    table = pyarrow.parquet.read_table(path)
    return table.column_names, [list(row.values()) for row in table.select(looked_at).to_pylist()]


reader, kind, path, *looked_at = sys.argv[1:]
columns, rows = {"duckdb": duckdb, "pyarrow": pyarrow}[reader](kind, path, looked_at)
print(json.dumps({"columns": columns, "rows": rows}))
