"""The report of one run in the terminal, and the sentences that page and dashboard share with it."""
