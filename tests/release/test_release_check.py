"""`make release-check` refuses what would be no release; the whole of it is run by hand, it takes minutes."""

import runpy
import zipfile

import pytest

from tests.support import doc_pages

CHECK = runpy.run_path(str(doc_pages.ROOT / "tests" / "release_check.py"))
FailedError = CHECK["FailedError"]


def tree(folder, monkeypatch, version, changelog):
    (folder / "shared/kneecore").mkdir(parents=True)
    (folder / "shared/kneecore/__init__.py").write_text(f'"""Kneecore."""\n\n__version__ = "{version}"\n')
    (folder / "CHANGELOG.md").write_text(changelog)
    monkeypatch.setitem(CHECK["versions"].__globals__, "ROOT", folder)


@pytest.mark.parametrize(
    "version, changelog, says",
    [
        ("0.2.0", "# Changelog\n\n## [0.2.0] - 2026-12-01\n", "0.2.0 in both"),
        ("0.2.0", "## [Unreleased]\n\n- more\n\n## [0.2.0] - 2026-12-01\n", "more stands under Unreleased"),
        ("0.1.0", "## [Unreleased]\n", "nothing released yet"),
        ("0.3.0.dev0", "## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n", "on the way to 0.3.0"),
        ("0.10.0.dev0", "## [Unreleased]\n\n## [0.9.0] - 2026-12-01\n", "on the way to 0.10.0"),
        ("0.2.0.dev0", "## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n", None),
        ("0.3.0.dev0", "## [0.2.0] - 2026-12-01\n", None),
        ("0.3.0", "## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n", None),
        ("0.2.0", "## [0.2.0]\n", None),
        ("0.2.0", "# Changelog\n", None),
    ],
)
def test_version_and_changelog(version, changelog, says, tmp_path, monkeypatch):
    tree(tmp_path, monkeypatch, version, changelog)
    if says is None:
        with pytest.raises(FailedError):
            CHECK["versions"]()
    else:
        assert says in CHECK["versions"]()[1]


def test_a_wheel_without_the_firmware_is_none(tmp_path):
    wheel = tmp_path / "kneesync-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as inside:
        for name in CHECK["NEEDED"]:
            if name != "kneesync/device/app.py":
                inside.writestr(name, "")
    with pytest.raises(FailedError, match=r"lacks kneesync/device/app\.py"):
        CHECK["contents"](wheel)
    with zipfile.ZipFile(wheel, "a") as inside:
        inside.writestr("kneesync/device/app.py", "# another one")
    with pytest.raises(FailedError, match="not what the tree has"):
        CHECK["contents"](wheel)
