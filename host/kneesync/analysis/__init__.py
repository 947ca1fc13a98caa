"""From strides to figures: one run, both legs, weeks of runs, each figure with what it may be off by."""
