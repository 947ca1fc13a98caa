#!/usr/bin/env bash
# `mpremote exec` loses what a board prints after a byte 0x04
#
# Expected: what the board's code writes to stdout arrives on the computer, whatever bytes it holds, or mpremote says
#   that it cannot carry them.
# Happens:  a 0x04 ends the raw REPL's output, so mpremote takes what follows it for an exception's text: it prints it
#   without the 0x04 and exits with 1, though the code on the board ran to its end. What follows a second 0x04 is lost.
# Matters:  logs of sensor samples hold every byte value. A file sent with sys.stdout.buffer.write(f.read()) lacks its
#   first 4 and ends at its second (a count, a low byte of an angle), at another place in every file. Send base64.
#
# The board here is MicroPython's own WebAssembly build with its own raw REPL, put on a pseudo-terminal.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
python3 -m pip -q --disable-pip-version-check install --no-compile --root-user-action ignore --target "$tmp" mpremote==1.29.0
npm install --silent --no-save --prefix "$tmp" @micropython/micropython-webassembly-pyscript@1.29.0-6 >/dev/null
cat > "$tmp/board.mjs" <<'JS'
import { writeSync } from 'node:fs';
import { loadMicroPython } from '@micropython/micropython-webassembly-pyscript/micropython.mjs';
const vm = await loadMicroPython({ linebuffer: false, stdout: (bytes) => writeSync(1, bytes) });
vm.replInit();
process.stdin.on('data', (bytes) => {
  if (bytes.equals(Buffer.from('\x05A\x01'))) writeSync(1, 'R\0');  // "no raw-paste mode here": code comes as plain raw REPL
  else for (const byte of bytes) vm.replProcessChar(byte);
});
JS
cd "$tmp"
PYTHONPATH=$tmp python3 - <<'PY'
import os, pty, subprocess, sys, termios, threading, tty

host, board = pty.openpty()
tty.setraw(board, termios.TCSANOW)
node = subprocess.Popen(["node", "board.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

def pump(read, write):
    while data := read():
        write(data)

threading.Thread(target=pump, args=(lambda: os.read(host, 4096), node.stdin.write), daemon=True).start()
threading.Thread(target=pump, args=(lambda: node.stdout.read(4096), lambda b: os.write(host, b)), daemon=True).start()

def mpremote(code):
    words = [sys.executable, "-m", "mpremote", "connect", os.ttyname(board), "resume", "exec", code]
    return subprocess.run(words, capture_output=True, timeout=120)

print(subprocess.run([sys.executable, "-m", "mpremote", "--version"], capture_output=True, text=True).stdout.strip())
plain = mpremote("print('one two three')")
print("without 0x04:  ", plain.returncode, plain.stdout, plain.stderr)
once = mpremote(r"print('one \x04 two')")
print("one 0x04:      ", once.returncode, once.stdout, once.stderr)
twice = mpremote(r"print('one \x04 two \x04 three'); done = True")
print("two of them:   ", twice.returncode, twice.stdout, twice.stderr)
ran = mpremote("print(done)")
print("the code ended:", ran.returncode, ran.stdout)
node.kill()
same = (
    plain.stdout.split() == [b"one", b"two", b"three"]
    and (once.returncode, once.stdout.split()) == (1, [b"one", b"two"])
    and (twice.returncode, twice.stdout.split(), twice.stderr) == (1, [b"one", b"two"], b"")
    and b"True" in ran.stdout
)
sys.exit(0 if same else "The behaviour changed.")
PY
