"""From strides to figures."""
