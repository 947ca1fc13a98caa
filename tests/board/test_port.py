"""What stands between a user and a port, each found without sending a byte."""

import os
import stat
import subprocess

import pytest

from kneesync.board import port

fcntl = pytest.importorskip("fcntl", reason="ports of POSIX")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="ports of POSIX")


@pytest.fixture
def terminal():
    master, slave = os.openpty()
    yield os.ttyname(slave), slave
    os.close(master)
    os.close(slave)


def test_a_free_port_is_no_trouble(terminal):
    assert port.trouble(terminal[0]) is None


@pytest.mark.parametrize(
    ("path", "found"), [("/dev/no\x1bwhere", "/dev/no?where: No such file"), ("/dev/null", "is no serial port")]
)
def test_what_is_no_port(path, found):
    assert found in port.trouble(path).found and "kneesync devices" in port.trouble(path).step


def test_a_file_is_no_port(tmp_path):
    path = tmp_path / "x"
    path.write_text("")
    assert "is no serial port" in port.trouble(str(path)).found


def test_a_port_that_another_program_locked(terminal):
    handle = os.open(terminal[0], os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert "is in use" in port.trouble(terminal[0], virtual=True).found
    os.close(handle)
    assert port.trouble(terminal[0], virtual=True) is None


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="Linux only")
def test_a_program_that_has_it_open_without_a_lock_is_named(terminal):
    with subprocess.Popen(["sleep", "60"], stdin=terminal[1]) as other:
        try:
            assert port.holders(terminal[0]) == [f"sleep ({other.pid})"]
            assert f"in use by sleep ({other.pid})" in port.trouble(terminal[0]).found
            assert port.trouble(terminal[0], virtual=True) is None
        finally:
            other.kill()


@pytest.mark.parametrize(
    ("mode", "members", "step"),
    [
        (0o660, [], "sudo usermod -aG dialout"),
        (0o660, ["runner"], "log out and in again"),
        (0o600, [], "kneesync doctor --udev-rule | sudo tee /etc/udev/rules.d/70-kneesync.rules"),
    ],
)
def test_a_port_of_others(terminal, monkeypatch, mode, members, step):
    import grp
    import pwd
    from types import SimpleNamespace

    about = SimpleNamespace(st_mode=stat.S_IFCHR | mode, st_gid=20)
    monkeypatch.setattr(os, "stat", lambda *_: about)
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "getgroups", lambda: [4711])
    monkeypatch.setattr(grp, "getgrgid", lambda _: SimpleNamespace(gr_name="dialout", gr_mem=members))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: SimpleNamespace(pw_name="runner"))
    trouble = port.trouble(terminal[0])
    assert f"(group dialout, mode {mode:04o})" in trouble.found and step in trouble.step


def test_the_rule_names_the_makers_that_are_looked_for():
    from kneesync.board.find import USB_VENDORS

    rule = port.udev_rule()
    assert all(f'"{vendor:04x}"' in rule for vendor in USB_VENDORS) and rule.count("uaccess") == 3
    number = int(port.RULE_PLACE.rpartition("/")[2].partition("-")[0])
    assert number < 73 and port.RULE_PLACE in rule


def test_an_rp2040_in_its_bootloader(tmp_path):
    for name, vendor, product in (("1-1", "046d", "c31c"), ("1-2", "2e8a", "0005")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "idVendor").write_text(vendor + "\n")
        (tmp_path / name / "idProduct").write_text(product + "\n")
    assert not port.waiting_bootloader(tmp_path)
    (tmp_path / "1-2" / "idProduct").write_text("0003\n")
    assert port.waiting_bootloader(tmp_path)
    assert not port.waiting_bootloader(tmp_path / "none")
