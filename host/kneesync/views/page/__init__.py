"""The report of one run as an HTML page that needs nothing else."""
