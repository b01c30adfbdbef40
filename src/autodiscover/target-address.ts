/** Which addresses a check may connect to: a name in DNS or a redirect must not turn it into a port prober. No I/O here. */
import { BlockList, isIP } from 'node:net';

const BLOCKED = new BlockList();
// Loopback, "this host", link-local with the cloud metadata services, multicast, broadcast (IANA special-purpose registries).
BLOCKED.addSubnet('127.0.0.0', 8);
BLOCKED.addSubnet('0.0.0.0', 8);
BLOCKED.addSubnet('169.254.0.0', 16);
BLOCKED.addSubnet('224.0.0.0', 3);
BLOCKED.addAddress('::', 'ipv6');
BLOCKED.addAddress('::1', 'ipv6');
BLOCKED.addSubnet('fe80::', 10, 'ipv6');
BLOCKED.addSubnet('ff00::', 8, 'ipv6');
BLOCKED.addAddress('fd00:ec2::254', 'ipv6');

const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8);
PRIVATE.addSubnet('172.16.0.0', 12);
PRIVATE.addSubnet('192.168.0.0', 16);
PRIVATE.addSubnet('100.64.0.0', 10);
PRIVATE.addSubnet('127.0.0.0', 8);
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addAddress('::1', 'ipv6');

/** True for addresses that are never a mail server of somebody else's: loopback, link-local, metadata, multicast. */
export function isBlockedAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return true;
  return BLOCKED.check(address, family === 6 ? 'ipv6' : 'ipv4'); // BlockList sees through ::ffff:127.0.0.1
}

/** True for addresses of a private network, where on-premises servers live. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && PRIVATE.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
