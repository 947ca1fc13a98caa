"""Sessions written for other programs: tables, FIT activities, and a watch's FIT with knee lift in it."""

from kneesync.errors import KneesyncError

INSTALL = 'pip install "kneesync[export]"'


def missing(package):
    """The KneesyncError for an export whose package is not installed."""
    return KneesyncError(f"this export needs {package}, which is not installed: {INSTALL}")
