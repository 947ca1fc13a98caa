// The MicroPython VM of a virtual board, driven by Python over two pipes.
//
//   node vm.mjs PACKAGE_FOLDER ON_BOARD_FOLDER COMMANDS_FD REPORTS_FD LIFELINE_FD
//
// The protocol is nested and synchronous. Python gives a command; while the VM works on it, it asks Python for whatever
// the board's hardware would do (a bus transfer, a sleep, a file) and waits for the answer; REQUEST_DONE ends the command.
// A request is 24 bytes and its data:  op u8, interrupt char i8, 0 u16, a i32, b i32, length u32, clock f64 (us)
// An answer is 28 bytes and its data:  status i32, flags u32, clock f64 (us), horizon f64 (us), length u32
// A command is an answer whose status is the command.
// Between two exchanges the simulated clock is ours: cheap calls (ticks) move it without asking, up to `horizon`,
// the next moment at which something happens on the board or Python wants to look for a Ctrl-C.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker, isMainThread, workerData } from 'node:worker_threads';

// These numbers are shared with vm.py.
const COMMAND_LOAD = 1, COMMAND_FEED = 2, COMMAND_FIRE_TIMERS = 3;
const REQUEST_DONE = 0, REQUEST_CLOCK = 1, REQUEST_OUTPUT = 2;
const FLAG_INTERRUPT = 1, FLAG_ABANDON = 2;
const DONE_IDLE = 0, DONE_SOFT_RESET = 1, DONE_ABANDONED = 2;
const LOAD_BOOT_ONLY = 1;
const RAISED = -1;    // of a script; nobody else hears of it
const US_PER_TICK_CALL = 2;
const OUTPUT_BYTES = 4096;
const REQUEST_FILE_READ = 32, AHEAD_BYTES = 1 << 17;    // _requests.py's number

if (!isMainThread) {
    // A board must not outlive the program that runs it, not even in a loop that never asks anything.
    try { fs.readSync(workerData, Buffer.alloc(1)); } catch {}
    process.kill(process.pid, 'SIGKILL');
}

const [packageFolder, onBoardFolder] = process.argv.slice(2, 4);
const [commandsFd, reportsFd, lifelineFd] = process.argv.slice(4).map(Number);
if (isMainThread) new Worker(new URL(import.meta.url), { workerData: lifelineFd, argv: process.argv.slice(2) });

class Abandoned {}    // thrown through the VM's frames, which let it pass: no Python code sees it

const request = Buffer.alloc(24 + 65536), answer = Buffer.alloc(1 << 20);
let vm, wasm;
let clockUs = 0, horizonUs = 0;
let output = Buffer.alloc(2 * OUTPUT_BYTES), outputLength = 0, endsInReturn = false, muted = false;

function readAnswer() {
    let have = 0, need = 28;
    while (have < need) {
        const n = fs.readSync(commandsFd, answer, have, answer.length - have);
        if (n === 0) process.kill(process.pid, 'SIGKILL');
        have += n;
        if (have >= 28) need = 28 + answer.readUInt32LE(24);
    }
    clockUs = answer.readDoubleLE(8);
    horizonUs = answer.readDoubleLE(16);
    return answer.readInt32LE(0);
}

function send(op, a, b, length) {
    request[0] = op;
    request.writeInt8(vm ? wasm._mp_hal_get_interrupt_char() : -1, 1);
    request.writeInt32LE(a, 4);
    request.writeInt32LE(b, 8);
    request.writeUInt32LE(length, 12);
    request.writeDoubleLE(clockUs, 16);
    for (let at = 0, end = 24 + length; at < end;) at += fs.writeSync(reportsFd, request, at, end - at);
}

function exchange(op, a, b, length) {
    send(op, a, b, length);
    const status = readAnswer();
    const flags = answer.readUInt32LE(4);
    if (flags & FLAG_ABANDON) throw new Abandoned();
    if (flags & FLAG_INTERRUPT) wasm._mp_sched_keyboard_interrupt();
    return status;
}

function flushOutput() {
    if (!outputLength) return;
    const length = outputLength;
    outputLength = 0;
    output.copy(request, 24, 0, length);
    exchange(REQUEST_OUTPUT, 0, 0, length);
}

// What the VM prints, with the \r\n that rp2 makes of print's \n.
function print(bytes) {
    if (muted) return;
    for (const byte of bytes) {
        if (byte === 10 && !endsInReturn) output[outputLength++] = 13;
        endsInReturn = byte === 13;
        output[outputLength++] = byte;
        if (outputLength >= OUTPUT_BYTES) flushOutput();
    }
    if (bytes[bytes.length - 1] === 10) flushOutput();
}

function ask(op, a, b, pointer, length) {
    flushOutput();
    if (length) request.set(wasm.HEAPU8.subarray(pointer, pointer + length), 24);
    return exchange(op, a, b, length);
}

function ticks() {
    clockUs += US_PER_TICK_CALL;
    if (clockUs >= horizonUs) ask(REQUEST_CLOCK, 0, 0, 0, 0);
    return clockUs;
}

// A file that is read through comes in big pieces, kept here by its handle: { bytes, at }, `at` the first not given out.
// On the board the flash is memory; here every exchange costs.
const ahead = new Map();

function readAhead(handle, pointer, length) {
    let piece = ahead.get(handle);
    if (!piece) ahead.set(handle, piece = { bytes: Buffer.alloc(0), at: 0 });
    let have = 0;
    while (have < length) {
        if (piece.at === piece.bytes.length) {
            const status = ask(REQUEST_FILE_READ, handle, AHEAD_BYTES << 8, 0, 0);
            if (status < 0) return status;
            piece.bytes = Buffer.from(answer.subarray(28, 28 + answer.readUInt32LE(24)));
            piece.at = 0;
            if (!piece.bytes.length) break;
        }
        const n = Math.min(length - have, piece.bytes.length - piece.at);
        wasm.HEAPU8.set(piece.bytes.subarray(piece.at, piece.at + n), pointer + have);
        piece.at += n;
        have += n;
    }
    return have;
}

let ticksFromUs = 0;    // clock at the last hard reset, less what the ticks began with
const TICKS_PERIOD = 2 ** 30;

// What on_board/*.py may call. Integers in, integers out: an object would stay in the VM for good.
let scriptFound = false;
const bridge = {
    script_found: (yes) => { scriptFound = yes !== 0; },
    ask: (op, a, b) => ask(op, a, b, 0, 0),
    // Send what was printed; a Ctrl-C that comes with it stands pending.
    flush: () => { flushOutput(); return 1; },
    // Send `length` bytes at `pointer`.
    put: (opAndA, b, pointer, length) => ask(opAndA & 255, opAndA >> 8, b, pointer, length),
    // Ask for up to `length` bytes and put what comes to `pointer`.
    get: (opAndA, b, pointer, length) => {
        const status = ask(opAndA & 255, opAndA >> 8, b | length << 8, 0, 0);
        const n = answer.readUInt32LE(24);
        if (n) wasm.HEAPU8.set(answer.subarray(28, 28 + n), pointer);
        return status;
    },
    read_ahead: readAhead,
    // Forget what was read ahead; how many bytes the file stands further on than its reader.
    let_go: (handle) => {
        const piece = ahead.get(handle);
        ahead.delete(handle);
        return piece ? piece.bytes.length - piece.at : 0;
    },
    // Bytes an item of the array or memoryview at `object` has: its typecode says (py/objarray.h).
    itemsize: (object) => ({ h: 2, H: 2, i: 4, I: 4, l: 4, L: 4, f: 4, q: 8, Q: 8, d: 8 })[
        String.fromCharCode(wasm.HEAPU8[object + 4] & 127)] || 1,
    ticks_ms: () => Math.floor((ticks() - ticksFromUs) / 1000) % TICKS_PERIOD,
    ticks_us: () => Math.floor(ticks() - ticksFromUs) % TICKS_PERIOD,
};

async function load(flags, seed, ticksFrom) {
    ticksFromUs = ticksFrom;
    const { loadMicroPython } = await import(pathToFileURL(path.join(packageFolder, 'micropython.mjs')).href);
    vm = undefined;
    ahead.clear();
    const fresh = await loadMicroPython({ heapsize: 1 << 20, pystack: 8192, linebuffer: false, stdout: () => {} });
    wasm = fresh._module;
    let state = seed >>> 0 || 1;    // xorshift32: the same run draws the same numbers
    globalThis.crypto.getRandomValues = (array) => array.map(() => {
        state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
        return state >>> 0;
    });
    const stdout = wasm.FS.getStream(1);
    stdout.stream_ops = { ...stdout.stream_ops, write: (_stream, buffer, offset, length) => {
        print(buffer.subarray(offset, offset + length));
        return length;
    } };
    for (const name of fs.readdirSync(onBoardFolder)) {
        if (name.endsWith('.py')) wasm.FS.writeFile(name, fs.readFileSync(path.join(onBoardFolder, name)));
    }
    fresh.registerJsModule('bridge', bridge);
    vm = fresh;
    vm.runPython('import _start');
    const booted = runScript('boot.py');
    if (booted === DONE_SOFT_RESET) return DONE_SOFT_RESET;
    const raw = flags & LOAD_BOOT_ONLY;
    // As ports/rp2/main.c: a boot.py that raises keeps main.py from running.
    if (!raw && booted !== RAISED && runScript('main.py') === DONE_SOFT_RESET) return DONE_SOFT_RESET;
    flushOutput();
    muted = raw;
    vm.replInit();
    if (raw) {
        feed([1]);
        muted = false;
        print(Buffer.from('raw REPL; CTRL-B to exit\r\n>'));
    }
    return DONE_IDLE;
}

// As rp2: the script runs in __main__, a Ctrl-C may interrupt it, and what it raises is printed.
function runScript(name) {
    vm.runPython(`import _start; _start.look_for('${name}'); del _start`);
    if (!scriptFound) return DONE_IDLE;
    return runPython(`execfile('${name}')`);
}

function runPython(source) {
    let outcome = DONE_IDLE;
    try {
        vm.runPython(`import _start; _start.kbd_intr(3); del _start\n${source}`);
    } catch (error) {
        if (error.name !== 'PythonError') throw error;
        if (error.type === 'SystemExit') outcome = DONE_SOFT_RESET;
        else { outcome = RAISED; print(Buffer.from(error.message.replace(/^  File "<stdin>".*\n/m, '').trimEnd() + '\n')); }
    }
    // Back to where Ctrl-C is a character. One that came as the script ended is still pending: it ends here.
    try { vm.runPython('None'); } catch (error) { if (error.name !== 'PythonError') throw error; }
    vm.runPython('import _start; _start.kbd_intr(-1); del _start');
    return outcome;
}

function feed(bytes) {
    for (const byte of bytes) {
        if (wasm._mp_js_repl_process_char(byte) & 256) return DONE_SOFT_RESET;
    }
    return DONE_IDLE;
}

async function serve() {
    for (;;) {
        const command = readAnswer();
        const data = Buffer.from(answer.subarray(28, 28 + answer.readUInt32LE(24)));
        let outcome;
        muted = false;
        try {
            if (command === COMMAND_LOAD) outcome = await load(data.readUInt32LE(0), data.readUInt32LE(4), data.readDoubleLE(8));
            else if (command === COMMAND_FEED) outcome = feed(data);
            else if (command === COMMAND_FIRE_TIMERS) outcome = runPython("__import__('_start').fire_timers()");
            if (outcome === RAISED) outcome = DONE_IDLE;
            flushOutput();
        } catch (error) {
            if (!(error instanceof Abandoned)) throw error;
            outcome = DONE_ABANDONED;
            outputLength = 0;
        }
        send(REQUEST_DONE, outcome, 0, 0);
    }
}

if (isMainThread) await serve();
