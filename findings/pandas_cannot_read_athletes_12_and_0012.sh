#!/usr/bin/env bash
# Athletes 0012 and 12 in one dataset: pandas refuses it, Polars makes one athlete of them
#
# Expected: a Parquet dataset in folders athlete=0012 and athlete=12 has two athletes, as DuckDB reads it.
# Happens:  pandas.read_parquet ends with "Categorical categories must be unique"; Polars reads both as the number 12, so
#   that their strides are one athlete's.
# Matters:  two studies number their people differently, and their folders meet in one dataset. What one engine refuses
#   another one mixes.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" pandas==3.1.1 pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.1
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import os
import sys
from importlib.metadata import version

import duckdb
import pandas
import polars

for athlete, lift_cdeg in (("0012", 4100), ("12", 4500)):
    os.makedirs(f"strides/athlete={athlete}")
    pandas.DataFrame({"lift_cdeg": [lift_cdeg]}).to_parquet(f"strides/athlete={athlete}/part.parquet")
try:
    by_pandas = pandas.read_parquet("strides").athlete.astype(str).tolist()
except ValueError as error:
    by_pandas = str(error)
by_polars = polars.read_parquet("strides/**/*.parquet", hive_partitioning=True)["athlete"].to_list()
query = "select athlete from read_parquet('strides/*/*.parquet', hive_partitioning = true) order by 1"
by_duckdb = [row[0] for row in duckdb.sql(query).fetchall()]
for package, athletes in (("duckdb", by_duckdb), ("pandas", by_pandas), ("polars", by_polars)):
    print(f"{package:8}{version(package):10}{athletes}")
same = by_duckdb == ["0012", "12"] and by_pandas == "Categorical categories must be unique" and by_polars == [12, 12]
sys.exit(0 if same else "The behaviour changed.")
PY
