"""Calls a plugin over its socket as the repo-server does: a connection, a call, an answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from urllib.parse import unquote

from hpack import Decoder, Encoder

from reconciler.argocd.server.http2_frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    FIRST_WINDOW_BYTES,
    FRAME,
    GOAWAY,
    HEAD_BYTES,
    HEADERS,
    INITIAL_WINDOW,
    MAX_FRAME_BYTES,
    MAX_WINDOW_BYTES,
    PADDED,
    PING,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    WITH_PRIORITY,
    frame,
    unpadded,
)
from reconciler.argocd.server.rpc import Code, Refused

STREAM = 1
OF_A_SETTING = 6


def call(path: str, method: str, messages: Iterable[bytes], seconds: float) -> bytes:
    """The one message of the answer; raises how the plugin refuses."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        try:
            peer.connect(path)
            return _Call(peer, time.monotonic() + seconds).make(method, messages, seconds)
        except TimeoutError:
            raise Refused(Code.DEADLINE_EXCEEDED, "context deadline exceeded") from None
        except OSError as e:
            raise Refused(Code.UNAVAILABLE, f"the connection broke: {e.strerror or e}") from e


class _Call:
    """One call on one connection, which nobody else uses."""

    def __init__(self, peer: socket.socket, until: float) -> None:
        self._peer = peer
        self._until = until
        self._buffer = b""
        self._connection_window = FIRST_WINDOW_BYTES
        self._stream_window = FIRST_WINDOW_BYTES
        self._initial_window = FIRST_WINDOW_BYTES
        self._decoder = Decoder()
        self._headers: dict[str, str] = {}
        self._block = b""
        self._answer = b""
        self._ended = False

    def make(self, method: str, messages: Iterable[bytes], seconds: float) -> bytes:
        headers = Encoder().encode(
            [
                (":method", "POST"),
                (":scheme", "http"),
                (":path", method),
                (":authority", "localhost"),
                ("content-type", "application/grpc"),
                ("te", "trailers"),
                ("grpc-timeout", f"{max(1, int(seconds * 1000))}m"),
            ]
        )
        widest = MAX_WINDOW_BYTES.to_bytes(4, "big")
        self._send(
            PREFACE
            + frame(SETTINGS, 0, 0, INITIAL_WINDOW.to_bytes(2, "big") + widest)
            + frame(WINDOW_UPDATE, 0, 0, (MAX_WINDOW_BYTES - FIRST_WINDOW_BYTES).to_bytes(4, "big"))
            + frame(HEADERS, END_HEADERS, STREAM, headers)
        )
        for message in messages:
            if self._ended:
                break
            self._write(b"\0" + len(message).to_bytes(4, "big") + message)
        if not self._ended:
            self._send(frame(DATA, END_STREAM, STREAM))
        while not self._ended:
            self._read()
        return self._result()

    def _result(self) -> bytes:
        status = int(self._headers.get("grpc-status", Code.UNKNOWN))
        if status:
            known = status in list(Code)
            text = unquote(self._headers.get("grpc-message", ""))
            raise Refused(Code(status) if known else Code.UNKNOWN, text)
        length = int.from_bytes(self._answer[1:5], "big")
        return self._answer[5 : 5 + length]

    def _write(self, data: bytes) -> None:
        """As much at a time as the peer is ready to take."""
        while data and not self._ended:
            room = min(self._connection_window, self._stream_window, MAX_FRAME_BYTES)
            if room <= 0:
                self._read()
                continue
            part, data = data[:room], data[room:]
            self._connection_window -= len(part)
            self._stream_window -= len(part)
            self._send(frame(DATA, 0, STREAM, part))

    def _send(self, data: bytes) -> None:
        self._wait()
        self._peer.sendall(data)

    def _read(self) -> None:
        """One frame, and what follows from it."""
        upper, lower, kind, flags, number = FRAME.unpack(self._exactly(HEAD_BYTES))
        payload = self._exactly((upper << 8) + lower)
        if kind == SETTINGS and not flags & ACK:
            self._set(payload)
            self._send(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            self._send(frame(PING, ACK, 0, payload))
        elif kind == WINDOW_UPDATE:
            more = int.from_bytes(payload, "big")
            if number:
                self._stream_window += more
            else:
                self._connection_window += more
        elif kind in (HEADERS, CONTINUATION):
            if flags & PADDED and kind == HEADERS:
                payload = unpadded(payload)
            self._block += payload[5:] if flags & WITH_PRIORITY and kind == HEADERS else payload
            if flags & END_HEADERS:
                for name, value in self._decoder.decode(self._block):
                    self._headers[str(name)] = str(value)
                self._block = b""
        elif kind == DATA:
            self._answer += unpadded(payload) if flags & PADDED else payload
        elif kind == GOAWAY or (kind == RST_STREAM and number == STREAM):
            self._ended = True
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            self._ended = True

    def _set(self, payload: bytes) -> None:
        for at in range(0, len(payload), OF_A_SETTING):
            if int.from_bytes(payload[at : at + 2], "big") == INITIAL_WINDOW:
                value = int.from_bytes(payload[at + 2 : at + OF_A_SETTING], "big")
                self._stream_window += value - self._initial_window
                self._initial_window = value

    def _exactly(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._wait()
            more = self._peer.recv(1 << 16)
            if not more:
                raise ConnectionError("the plugin ended it")
            self._buffer += more
        found, self._buffer = self._buffer[:length], self._buffer[length:]
        return found

    def _wait(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._peer.settimeout(left)
