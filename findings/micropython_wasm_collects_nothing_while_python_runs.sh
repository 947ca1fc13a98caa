#!/usr/bin/env bash
# MicroPython's WebAssembly build collects no garbage while Python runs, not even in gc.collect()
#
# Expected: gc.collect() frees what nothing refers to, as on a board; a loop that makes and drops 100 bytes needs 100 bytes.
# Happens:  gc.mem_alloc() grows by every buffer and stays so after gc.collect(). Only when the call from JavaScript has
#   returned is the heap swept.
# Matters:  firmware has one main loop that never returns: here its heap grows for ever, and a leak test by gc.mem_free(),
#   right on a board, says "leak" of code that has none. (What can be used: it counts each byte ever allocated.)
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm install --silent --no-save --prefix "$tmp" @micropython/micropython-webassembly-pyscript@1.29.0-6 >/dev/null
cat > finding.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { loadMicroPython } from '@micropython/micropython-webassembly-pyscript/micropython.mjs';

const vm = await loadMicroPython({ heapsize: 8 << 20 });
vm.runPython(`
import gc
def churn():
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(2000):
        bytearray(100)
    gc.collect()
    return before, gc.mem_alloc()
before, inside = churn()
`);
vm.runPython('gc.collect()');
vm.runPython('after = gc.mem_alloc()');
const [before, inside, after] = ['before', 'inside', 'after'].map((name) => vm.globals.get(name));
const version = JSON.parse(readFileSync('node_modules/@micropython/micropython-webassembly-pyscript/package.json')).version;
console.log('micropython-webassembly-pyscript', version, '2,000 buffers of 100 bytes, none kept');
console.log(`allocated before ${before}, after gc.collect() in the same call +${inside - before}, in a later call ${after - before}`);
if (!(inside - before >= 200000 && after - before < 50000)) throw new Error('The behaviour changed.');
JS
node finding.mjs
