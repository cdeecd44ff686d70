"""apache-otava's change points: reads {"asked": [[window, p]], "series": [[value]]} and writes their indices."""

import json
import sys
from importlib.metadata import version

from otava.analysis import compute_change_points


def found(series, window, max_p):
    return [int(point.index) for point in compute_change_points(series, window_len=window, max_pvalue=max_p)[0]]


given = json.load(sys.stdin)
answers = [[found(series, *asked) for asked in given["asked"]] for series in given["series"]]
json.dump({"version": version("apache-otava"), "found": answers}, sys.stdout)
