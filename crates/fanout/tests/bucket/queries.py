"""What DuckDB answers to queries about a table of runs: queries.py TABLE QUERY...

It prints a list with the seconds and the rows of each query as JSON. TABLE is the folder of the table."""

import json
import sys
import time

import duckdb

table, *queries = sys.argv[1:]
answers = []
for query in queries:
    began = time.perf_counter()
    result = duckdb.sql(query.replace("TABLE/", table.rstrip("/") + "/").rstrip().rstrip(";"))
    rows = [dict(zip(result.columns, row)) for row in result.fetchall()] if result else []
    answers.append({"seconds": round(time.perf_counter() - began, 3), "rows": rows})
print(json.dumps(answers, default=str))
