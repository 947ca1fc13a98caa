"""A session file under construction: whole blocks, each put with one write().

    file = SessionFile("/sessions/00012-1.knee", header)
    block = Block(sessionlog.STRIDES, 400)
    ...                                  # fill block.buffer behind BLOCK_BYTES, count block.used up
    file.put(block)                      # block.used is 0 again
    file.put(end)
    file.close()

Any of it may be cut by a KeyboardInterrupt and called again: what got written is found out from the file itself, so
that nothing is lost and nothing stands twice.
"""

import json
import os

from kneecore import sessionlog as log


class Block:
    """One block under construction: `used` bytes of payload stand behind the room for its head."""

    def __init__(self, kind, most):
        self.kind = kind
        self.buffer = bytearray(log.BLOCK_BYTES + most)
        self.view = memoryview(self.buffer)
        self.most = most
        self.used = 0


class SessionFile:
    """`bytes`: how long the file is."""

    def __init__(self, path, header):
        """Create the file; signature and `header` (a dict) come into it before the first block."""
        self.path = path
        self.bytes = 0
        self._flying = None  # the block that a write() may or may not have put into the file
        self._sequence = 0
        payload = json.dumps(header).encode()
        self._head = Block(log.HEADER, len(payload))
        self._head.buffer[log.BLOCK_BYTES :] = payload
        self._head.used = len(payload)
        self._file = open(path, "wb")

    def put(self, block):
        """Write the block, if it holds anything. OSError if the flash refuses."""
        self._settle()
        if self.bytes == 0:
            if self._file.tell() == 0:
                self._file.write(log.SIGNATURE)
            self.bytes = len(log.SIGNATURE)
        self._write(self._head)
        self._write(block)

    def _write(self, block):
        if block.used:
            n = log.seal(block.buffer, block.view, block.kind, block.used, self._sequence)
            self._flying = block
            self._file.write(block.view[:n])
            self._settle()

    def flush(self):
        """What was put is on the flash when this returns. OSError if the flash refuses."""
        self._file.flush()

    def close(self):
        """Close; a file into which no block came is removed. Further calls do no harm."""
        try:
            self._file.close()
            if self.bytes <= len(log.SIGNATURE):
                os.remove(self.path)
        except OSError:
            pass

    def _settle(self):
        """Take note of a block that is in the file. Each step can be done twice."""
        block = self._flying
        if block is None:
            return
        size = self._file.tell()
        if size > self.bytes:
            block.used = 0
            self._sequence = block.buffer[3] + (block.buffer[4] << 8) + 1
            self.bytes = size
        self._flying = None
