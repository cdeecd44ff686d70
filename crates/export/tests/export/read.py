"""What a reader makes of an exported table, as JSON: read.py duckdb|pyarrow csv|parquet FILE."""

import json
import sys

LOOKED_AT = ["wall_ns", "connections", "failure", "label"]

def duckdb(kind, path):
    import duckdb

    # The one option: whether there is a header cannot be guessed of a file that has nothing else.
    source = "read_csv(?, header = true)" if kind == "csv" else "read_parquet(?)"
    described = duckdb.execute(f"DESCRIBE SELECT * FROM {source}", [path]).fetchall()
    table = duckdb.execute(f"SELECT {', '.join(LOOKED_AT)} FROM {source}", [path]).fetchall()
    return [column[0] for column in described], [dict(zip(LOOKED_AT, row)) for row in table]


def pyarrow(kind, path):
    import pyarrow.parquet

    assert kind == "parquet"
    table = pyarrow.parquet.read_table(path)
    return table.column_names, table.select(LOOKED_AT).to_pylist()


reader, kind, path = sys.argv[1:]
names, rows = {"duckdb": duckdb, "pyarrow": pyarrow}[reader](kind, path)
print(
    json.dumps(
        {
            "rows": len(rows),
            "columns": len(names),
            "wall_ns": sum(row["wall_ns"] for row in rows),
            "connections_unknown": sum(row["connections"] is None for row in rows),
            "failed": sum(row["failure"] is not None for row in rows),
            "labels": sorted({row["label"] for row in rows}),
        }
    )
)
