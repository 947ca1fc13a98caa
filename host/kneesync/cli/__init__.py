"""The command line, thin: arguments in, one call, rendering out."""
