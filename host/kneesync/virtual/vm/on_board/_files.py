"""The board's file system for the VM: a mountable object, and files, over the virtual board's littlefs."""

import io

import _requests
import bridge
import uctypes

_ask = bridge.ask
_put = bridge.put
_get = bridge.get
_read_ahead = bridge.read_ahead
_let_go = bridge.let_go
_addressof = uctypes.addressof
_CHUNK = 32768  # bytes an exchange
_READ_THROUGH = 1024  # a file that is asked for so many bytes twice is being read through


def _checked(status):
    if status < 0:
        raise OSError(-status)
    return status


class Volume:
    """What vfs.mount() takes."""

    def __init__(self):
        self._folder = "/"

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def _full(self, path):
        parts = []
        for part in (path if path.startswith("/") else self._folder + "/" + path).split("/"):
            if part == "..":
                parts = parts[:-1]
            elif part and part != ".":
                parts.append(part)
        return "/" + "/".join(parts)

    def _call(self, request, path, argument=0):
        # An import asks for many paths, most of which do not exist: on the board that allocates nothing, here little.
        if not path.startswith("/") or "/." in path or "//" in path or path.endswith("/"):
            path = self._full(path)
        return _put(request, argument, _addressof(path), len(memoryview(path)))

    def open(self, path, mode):
        bits = _mode_bits(mode)
        handle = _checked(self._call(_requests.FILE_OPEN, path, bits))
        return File(handle, "b" not in mode, bits == 1)

    def stat(self, path):
        try:
            size = self._call(_requests.PATH_STAT, path)
        except KeyboardInterrupt:
            # rp2's file system is C, where no Ctrl-C is raised. An import takes any exception of this one for "no such
            # file": the Ctrl-C would be gone, and another module found, or none. The next request has it again.
            _ask(_requests.INTERRUPT_LATER, 0, 0)
            size = self._call(_requests.PATH_STAT, path)
        if size == -21:
            return (0x4000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        if size < 0:
            raise OSError(-size)
        return (0x8000, 0, 0, 0, 0, 0, size, 0, 0, 0)

    def ilistdir(self, path):
        listing = bytearray(_checked(self._call(_requests.PATH_LIST, path)))
        _get(_requests.PATH_LISTING, 0, _addressof(listing), len(listing))
        return _entries(listing)

    def statvfs(self, path):
        data = bytearray(12)
        _get(_requests.VOLUME_STAT, 0, _addressof(data), 12)
        block, count, free = [int.from_bytes(data[i : i + 4], "little") for i in (0, 4, 8)]
        return (block, block, count, free, free, 0, 0, 0, 0, 255)

    def chdir(self, path):
        if self._full(path) != "/" and self.stat(path)[0] != 0x4000:
            raise OSError(20)
        self._folder = self._full(path)

    def getcwd(self):
        return self._folder

    def mkdir(self, path):
        _checked(self._call(_requests.PATH_MKDIR, path))

    def remove(self, path):
        _checked(self._call(_requests.PATH_REMOVE, path))

    def rmdir(self, path):
        _checked(self._call(_requests.PATH_RMDIR, path))

    def rename(self, old, new):
        _checked(self._call(_requests.PATH_RENAME, self._full(old) + "\0" + self._full(new)))


def _entries(listing):
    at = 0
    while at < len(listing):
        kind = 0x4000 if listing[at] else 0x8000
        size = int.from_bytes(listing[at + 1 : at + 5], "little")
        end = at + 6 + listing[at + 5]
        yield (listing[at + 6 : end].decode(), kind, 0, size)
        at = end


def _mode_bits(mode):
    """1 read, 2 write, 4 create, 8 only if new, 16 empty first, 32 append."""
    kind = mode[0]
    bits = {"r": 1, "w": 2 | 4 | 16, "a": 2 | 4 | 32, "x": 2 | 4 | 8}.get(kind)
    if bits is None:
        raise ValueError("invalid mode: '%s'" % mode)
    return bits | 3 if "+" in mode else bits


class File(io.IOBase):
    """An open file. IOBase makes it a stream for the VM but gives none of these methods.

    The board's flash is memory to it; here every exchange costs. So a file that is read through is read ahead (vm.mjs).
    """

    def __init__(self, handle, text, only_read):
        self._handle = handle
        self._text = text
        self._only_read = only_read
        self._big_reads = 0
        self._ahead = False  # some of it may have been read and not given out

    def readinto(self, buffer, n=-1):
        if n < 0:
            n = len(buffer)
            if type(buffer) is not bytearray:
                n *= bridge.itemsize(id(buffer))
        return self._fill(_addressof(buffer), n)

    def _fill(self, address, size):
        if size >= _READ_THROUGH and self._only_read:
            self._big_reads += 1
            self._ahead = self._ahead or self._big_reads > 1
        if self._ahead:
            return _checked(_read_ahead(self._handle, address, size))
        have = 0
        while have < size:
            n = min(_CHUNK, size - have)
            got = _checked(_get(_requests.FILE_READ | self._handle << 8, 0, address + have, n))
            have += got
            if got < n:
                break
        return have

    def read(self, n=-1):
        if n is None or n < 0:
            n = self._seek(0, 2, True)
        data = bytearray(n)
        got = self._fill(_addressof(data), n)
        if got < n:
            data = data[:got]
        return self._whole(data) if self._text else bytes(data)

    def _whole(self, data):
        """Text of `data`, and of the bytes after it that its last character needs."""
        while True:
            try:
                return str(data, "utf8")
            except UnicodeError:
                more = bytearray(1)
                if len(data) == 0 or not self._fill(_addressof(more), 1):
                    raise
                data = data + more

    def readline(self, n=-1):
        line = b""
        while n < 0 or len(line) < n:
            piece = bytearray(128 if n < 0 else min(128, n - len(line)))
            got = self._fill(_addressof(piece), len(piece))
            end = piece.find(b"\n", 0, got)
            if end >= 0:
                self.seek(end + 1 - got, 1)
                got = end + 1
            line += bytes(piece[:got])
            if end >= 0 or got < len(piece):
                break
        return line.decode() if self._text else line

    def readlines(self):
        return list(self)

    def __iter__(self):
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def write(self, data):
        if isinstance(data, str):
            data = data.encode()
        size = len(data) * bridge.itemsize(id(data)) if type(data) is not bytes else len(data)
        address = _addressof(data)
        done = 0
        while done < size:
            n = min(_CHUNK, size - done)
            _checked(_put(_requests.FILE_WRITE | self._handle << 8, 0, address + done, n))
            done += n
        return size

    def _seek(self, offset, whence, remaining=False):
        if self._ahead:
            self._ahead = False
            waiting = _let_go(self._handle)
            if waiting:
                _checked(_ask(_requests.FILE_SEEK, self._handle | 1 << 16, -waiting))
        return _checked(_ask(_requests.FILE_SEEK, self._handle | whence << 16 | (1 << 24 if remaining else 0), offset))

    def seek(self, offset, whence=0):
        return self._seek(offset, whence)

    def tell(self):
        return self._seek(0, 1)

    def flush(self):
        _checked(_ask(_requests.FILE_FLUSH, self._handle, 0))

    def close(self):
        if self._handle >= 0:
            handle, self._handle = self._handle, -1
            if self._ahead:
                _let_go(handle)
            _checked(_ask(_requests.FILE_CLOSE, handle, 0))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def ioctl(self, request, argument):
        """1 flush, 4 close, 11 the buffer size a reader should take (py/stream.h)."""
        if request == 1:
            self.flush()
        elif request == 4:
            self.close()
        elif request == 11:
            return 255
        return 0
