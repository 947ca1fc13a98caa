"""A session file's bytes, block by block, by kneecore's own writer: what the benches pull and list."""

from kneecore import sessionlog as log


class Blocks:
    """The bytes so far are in `data`."""

    def __init__(self):
        self.data = bytearray(log.SIGNATURE)
        self._sequence = 0

    def put(self, kind, payload):
        block = bytearray(log.BLOCK_BYTES) + payload
        log.seal(block, memoryview(block), kind, len(payload), self._sequence)
        self.data.extend(block)
        self._sequence += 1
