"""The library as a full screen in the terminal: sessions, one session, trends, drills.

app.py        the application: which screen is on, what it shows of the library, when that is read anew
page.py       what all four screens have in common: tabs, keys, the smallest size
sessions.py   the list        run.py, session.py   one session        trends.py    drills.py
dialogs.py    what is typed: note, tags, effort, pain, filters        help.py      the keys
runs.py       which sessions are shown, in plain Python               plot.py      a chart that zooms
background_reader.py   the one thread that reads files
"""


def show(folder, athlete=None):
    """Show the library in `folder` (None: the user's) until the runner quits. KneesyncError if it cannot be opened.

    A fault in our own code is raised once the terminal is as it was before.
    """
    from kneesync.library import Library

    with Library(folder) as library:
        stamp = library.stamp()
        every = library.sessions()

    from kneesync.views.dashboard.app import Dashboard

    app = Dashboard(library.folder, every, stamp, athlete)
    app.run()
    if app.fault is not None:
        raise app.fault
