"""A link on which a packet takes time, to count the round trips of a check.

A TUN device leads to a network of one machine: this process takes each packet, waits, and sends it back with source and
destination exchanged. So a connection to that machine arrives at this one, from there.
"""

import asyncio
import fcntl
import os
import struct
import subprocess

# Source: linux/if_tun.h.
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
NAME = "bench0"
HERE, THERE = "10.255.0.1", "10.255.0.2"
# The largest packet of the device, and more.
PACKET = 65_536


class Link:
    """The link to `THERE`, inside a `with` and a running event loop."""

    def __init__(self) -> None:
        self.round_trip = 0.0
        """How long a packet and its answer take, in seconds."""
        self._device = -1

    def __enter__(self) -> "Link":
        self._loop = asyncio.get_running_loop()
        self._device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self._device, TUNSETIFF, struct.pack("16sH22x", NAME.encode(), IFF_TUN | IFF_NO_PI))
        for command in (["addr", "add", HERE, "peer", THERE, "dev", NAME], ["link", "set", NAME, "up"]):
            subprocess.run(["ip", *command], check=True)
        self._loop.add_reader(self._device, self._take)
        return self

    def __exit__(self, *exception: object) -> None:
        self._loop.remove_reader(self._device)
        os.close(self._device)
        self._device = -1

    def _take(self) -> None:
        packet = os.read(self._device, PACKET)
        # IPv4. To exchange the addresses changes no checksum.
        if packet[0] >> 4 == 4:
            back = packet[:12] + packet[16:20] + packet[12:16] + packet[20:]
            self._loop.call_later(self.round_trip / 2, self._send, back)

    def _send(self, packet: bytes) -> None:
        if self._device >= 0:
            os.write(self._device, packet)
