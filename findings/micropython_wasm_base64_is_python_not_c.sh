#!/usr/bin/env bash
# MicroPython's WebAssembly build runs binascii in Python, a hundred times slower than its own C code
#
# Expected: binascii is one of MicroPython's C modules, on a board as here: `import binascii` gets it, and base64 of a stride
#   block of 3 kB takes well under a millisecond.
# Happens:  the build carries frozen Python modules of the same name, found first: binascii, os, time and collections are
#   those, and base64 of 3 kB takes 50 ms or far more. With ".frozen" out of sys.path the same import gets the C module.
# Matters:  who tests firmware on this build tests other code than the board runs, and file transfer by base64 crawls.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-save --prefix "$tmp" @micropython/micropython-webassembly-pyscript@1.29.0-6 >/dev/null
cat > finding.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { loadMicroPython } from '@micropython/micropython-webassembly-pyscript/micropython.mjs';

const measure = `
import sys
def names():
    for name in ("binascii", "os", "time", "collections"):
        sys.modules.pop(name, None)
    import binascii, os, time, collections
    return [getattr(module, "__file__", "C") for module in (binascii, os, time, collections)]
before = names()
import binascii
slow = binascii.b2a_base64
sys.path.remove(".frozen")
after = names()
import binascii
fast = binascii.b2a_base64
data = bytes(range(250)) * 12
equal = slow(data) == fast(data)
`;
const vm = await loadMicroPython({ heapsize: 64 << 20 });
vm.runPython(measure);
const time = (code) => { const start = performance.now(); vm.runPython(code); return performance.now() - start; };
const [slow, fast] = [time('slow(data)'), time('for _ in range(10): fast(data)') / 10];
const [before, after] = ['before', 'after'].map((name) => [...vm.globals.get(name)]);
const version = JSON.parse(readFileSync('node_modules/@micropython/micropython-webassembly-pyscript/package.json')).version;
console.log('micropython-webassembly-pyscript', version);
console.log('modules with .frozen:', before, `base64 of 3 kB: ${slow.toFixed(1)} ms`);
console.log('modules without:     ', after, `base64 of 3 kB: ${fast.toFixed(2)} ms; results equal:`, vm.globals.get('equal'));
const same = before.every((name) => name !== 'C') && after.every((name) => name === 'C') && slow > 10 * fast;
if (!same) throw new Error('The behaviour changed.');
JS
node finding.mjs
