/**
 * Which addresses are the public internet's. The others, of this machine, its network and its provider's (169.254.169.254 among them, which
 * gives machines their keys), are not fetched from unless allowed: whoever names an address could else read what only this machine may.
 */
import { BlockList, isIP } from 'node:net';

/** IANA's registries of special-purpose addresses (IPv4 and IPv6), but for those that are routed to everybody; multicast. */
const SPECIAL_4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** Of the IPv6 ones, all that hold an IPv4 address (64:ff9b::, 2002::, 2001::) are out as a whole. */
const SPECIAL_6 = ['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];
/** What is assigned to the internet at all. */
const GLOBAL_6 = ['2000::/3'];

/** Whether an IP address is public. IPv4 addresses written as IPv6 (`::ffff:10.0.0.1`) are what they are. */
export function isPublicAddress(address: string): boolean {
  const plain = address.replace(/%.*$/, '');
  if (isIP(plain) === 4) return !listOf(SPECIAL_4, 'ipv4').check(plain);
  if (isIP(plain) !== 6) return false;
  const mapped = mappedFour(plain);
  if (mapped !== undefined) return isPublicAddress(mapped);
  return listOf(GLOBAL_6, 'ipv6').check(plain, 'ipv6') && !listOf(SPECIAL_6, 'ipv6').check(plain, 'ipv6');
}

function listOf(subnets: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [net, bits] = subnet.split('/') as [string, string];
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}

/** The IPv4 address in `::ffff:a.b.c.d`, however it is written. */
function mappedFour(address: string): string | undefined {
  const { hostname } = new URL(`http://[${address}]/`);
  const [, high, low] = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return undefined;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join('.');
}
