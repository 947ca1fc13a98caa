#!/usr/bin/env bash
# Dask reads the folder athlete=0012 as a missing athlete once another one is called "me"
#
# Expected: a Parquet dataset in folders athlete=0012 and athlete=me has two athletes of that name, as DuckDB and pandas read it.
# Happens:  Dask gives the missing value for all rows of athlete=0012: the folder's name is read as a number, the list of
#   athletes as text, and 12 is not in that list. A group-by leaves the rows out without a word.
# Matters:  study ids with leading zeros beside one's own runs are the usual way to keep such data; an athlete's strides drop
#   out of every mean.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" "dask[dataframe]==2026.8.0" pandas==3.1.1 pyarrow==26.0.1
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import os
import sys
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
import dask.dataframe
import pandas

for athlete, lift_cdeg in (("0012", 4100), ("me", 4500)):
    os.makedirs(f"strides/athlete={athlete}")
    pandas.DataFrame({"lift_cdeg": [lift_cdeg] * 3}).to_parquet(f"strides/athlete={athlete}/part.parquet")
dask.config.set(scheduler="synchronous")
strides = dask.dataframe.read_parquet("strides").compute()
by_pandas = pandas.read_parquet("strides").athlete.astype(str).tolist()
means = strides.groupby("athlete", observed=True).lift_cdeg.mean().to_dict()
print("pandas", version("pandas"), by_pandas)
print("dask", version("dask"), strides.athlete.tolist(), "means:", means)
same = by_pandas.count("0012") == 3 and strides.athlete.isna().sum() == 3 and means == {"me": 4500}
sys.exit(0 if same else "The behaviour changed.")
PY
