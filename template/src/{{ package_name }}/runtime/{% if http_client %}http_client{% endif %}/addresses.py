"""Which addresses the client connects to. Names are looked up here, once for a connection."""

import asyncio
import contextlib
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpcore2

from .errors import RefusedAddressError, UnknownHostError

type Address = IPv4Address | IPv6Address
type Network = IPv4Network | IPv6Network

MAX_LOOK_UPS = 64  # Names that are looked up at the same time.
_MAX_ADDRESSES = 4  # Addresses of a name that are tried.

# Of IPv6 only these addresses are for the whole internet (RFC 4291, 2.4); in those that NAT64
# translates, it is the IPv4 address at the end that counts (RFC 6052).
_GLOBAL_UNICAST = ip_network("2000::/3")
_NAT64 = ip_network("64:ff9b::/96")

# A public address at which every machine of Azure finds its platform.
_AZURE_PLATFORM = ip_address("168.63.129.16")


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to public addresses, and to those of `allowed_networks`.

    It connects to the very address that it has checked, so that a name which leads elsewhere a
    moment later changes nothing. TLS and the `Host` header stay those of the name.
    """

    def __init__(self, allowed_networks: Sequence[Network]) -> None:
        self._allowed_networks = allowed_networks
        self._backend = httpcore2.AnyIOBackend()
        # Nothing ends a look-up before its servers answer: it must keep no thread from other work.
        self._threads = ThreadPoolExecutor(MAX_LOOK_UPS, "look-up")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Return a connection to the first address of the host that is allowed and answers.

        Raises:
            RefusedAddressError: the host has no address that is allowed.
            UnknownHostError: the host has no address.
            httpcore2.ConnectError, httpcore2.ConnectTimeout: none of them answers.
        """

        async def connect(address: Address, share: float | None) -> httpcore2.AsyncNetworkStream:
            return await self._backend.connect_tcp(
                str(address), port, share, local_address, socket_options
            )

        try:
            async with asyncio.timeout(timeout):
                found = await self._look_up(host, port)
                allowed = [one for one in found if is_allowed(one, self._allowed_networks)]
                if not allowed:
                    raise RefusedAddressError("no address of the host is allowed")
                *first, last = allowed[:_MAX_ADDRESSES]
                for address in first:
                    share = None if timeout is None else timeout / (len(first) + 1)
                    with contextlib.suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                        return await connect(address, share)
                return await connect(last, None)
        except TimeoutError as error:
            raise httpcore2.ConnectTimeout from error

    async def _look_up(self, host: str, port: int) -> list[Address]:
        # Here, too, 2130706433, 0x7f.1 and 0177.0.0.1 become addresses.
        look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, look_up)
        except (OSError, ValueError) as error:
            raise UnknownHostError("there is no address for the host") from error
        return list(dict.fromkeys(ip_address(address[0]) for *_, address in found))


def is_allowed(address: Address, networks: Iterable[Network] = ()) -> bool:
    """Return whether an address is public or in one of the networks.

    Not public is what the registries of IANA call so (private, loopback, link-local with the
    metadata of clouds, shared, reserved, unspecified), and multicast. For addresses that have one
    of IPv4 in them, mapped or for NAT64, that one counts; 6to4 and Teredo are never public.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address in _NAT64:
            address = IPv4Address(int(address) & 0xFFFF_FFFF)
    public = address.is_global and not address.is_multicast and address != _AZURE_PLATFORM
    if isinstance(address, IPv6Address):
        public = public and address in _GLOBAL_UNICAST
    return public or any(address in network for network in networks)
