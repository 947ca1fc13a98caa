"""From bytes to typed objects and back: session files, raw samples, FIT. Knows no folder and no index."""
