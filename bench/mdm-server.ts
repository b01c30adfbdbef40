/**
 * Graph for the MDM bench, in a process of its own: `node bench/mdm-server.ts <devices> <gone>`. The rows are the lab's, made when a
 * page is asked for, since a million of them would not fit. Every hundredth has changed lately: of twenty of these eighteen have
 * checked in, of which Entra tells each tenth; the other two Entra alone tells: so many are gone, and the rest has another
 * compliance. Conditions joined by `or` are answered. The first line says where it is.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { newManagedDevice } from '../src/lab/managed-devices.ts';
import type { ManagedDevice } from '../src/lab/managed-devices.ts';
import { createCertificateAuthority } from '../src/lab/servers/certificates.ts';

const devices = Number(process.argv[2]);
/** How many of those that have changed are gone; at most one in twenty. */
const gone = Number(process.argv[3]);
const PAGE = 1000;
const CHANGED = 100;
/** Of so many that have changed, the first so many have checked in, the next one turned and the last one did or is gone. */
const [GROUP, CHECKED_IN] = [20, 18];
/** Of those that have checked in, one in so many is told by Entra. */
const TOLD = 10;
/** Rows of a page of Entra's. */
const ENTRA_PAGE = 200;
const LONG_AGO = Date.UTC(2026, 10, 20, 12);
/** What a quick reading asks for: those after it. */
const SINCE = '2026-11-22T11:00:00.000Z';
const LATELY = '2026-11-22T11:59:00Z';

const MODELS = ['iPhone 17', 'iPhone 16 Pro', 'Pixel 10', 'Galaxy S26', 'Galaxy XCover7'];

function deviceAt(n: number): ManagedDevice {
  const upn = `first${n % 5003}.last${n}@contoso.example`;
  const platform = n % 3 === 0 ? 'android' : 'ios';
  const id = idAt(n);
  const device = newManagedDevice(
    {
      upn,
      platform,
      model: MODELS[n % MODELS.length]!,
      name: `${upn.split('@')[0]}'s phone`,
      serial: `F2L${n.toString(36).toUpperCase().padStart(9, '0')}`,
      imei: String(350_000_000_000_000 + n),
      osVersion: '26.1',
      ...(platform === 'ios'
        ? { easDeviceId: `TUCLLFJHPL779ACL${n.toString(36).toUpperCase().padStart(10, '0')}` }
        : {}),
      complianceState: n % 20 === 0 ? 'noncompliant' : 'compliant',
      enrolledAt: new Date(LONG_AGO - n * 1000).toISOString(),
    },
    { id, azureADDeviceId: id, userId: id, emailAddress: upn, userDisplayName: `Last, First ${n}`, now: LONG_AGO },
  );
  return hasCheckedIn(n) ? { ...device, lastSyncDateTime: LATELY } : device;
}

function hasCheckedIn(n: number): boolean {
  return n % CHANGED === 0 && (n / CHANGED) % GROUP < CHECKED_IN;
}

/** Spread over all groups. */
function isGone(n: number): boolean {
  const group = Math.floor(n / CHANGED / GROUP);
  const before = (groups: number): number => Math.floor((groups * gone * CHANGED * GROUP) / devices);
  return n % CHANGED === 0 && (n / CHANGED) % GROUP === GROUP - 1 && before(group + 1) > before(group);
}

/** How many have checked in, in groups that are full. */
const checkedIn = (devices / CHANGED / GROUP) * CHECKED_IN;

function idAt(n: number): string {
  const hex = n.toString(16).padStart(12, '0');
  return `${((n * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0')}-${hex.slice(0, 4)}-4000-8000-${hex}`;
}

/** What Entra tells: objects, devices and records have the same ids here. */
const told = Array.from({ length: devices / CHANGED }, (_, at) => at * CHANGED).filter(
  (n, at) => !hasCheckedIn(n) || at % TOLD === 0,
);

function changes(url: URL): object {
  const start = Number(url.searchParams.get('$skiptoken') ?? '0');
  const end = Math.min(told.length, start + ENTRA_PAGE);
  const link = (name: string, value: string): string => `${url.origin}${url.pathname}?${name}=${value}`;
  return {
    ...(end < told.length
      ? { '@odata.nextLink': link('$skiptoken', String(end)) }
      : { '@odata.deltaLink': link('$deltatoken', 'next') }),
    value: told.slice(start, end).map((n) => {
      const id = idAt(n);
      return isGone(n) ? { id, '@removed': { reason: 'deleted' } } : { id, deviceId: id, isCompliant: false };
    }),
  };
}

/** Devices by their ids, which end with their numbers, and those are Entra's too. */
function batch(body: string): object {
  const { requests } = JSON.parse(body) as {
    readonly requests: readonly { readonly id: string; readonly url: string }[];
  };
  return {
    responses: requests.map(({ id, url }) => {
      const { pathname, searchParams } = new URL(url, origin());
      const filter = searchParams.get('$filter');
      if (filter !== null) {
        const numbers = [...filter.matchAll(/([0-9a-f]{12})'/g)].map(([, digits]) => Number.parseInt(digits!, 16));
        const value = numbers.filter((n) => !isGone(n)).map((n) => selected(deviceAt(n), searchParams));
        return { id, status: 200, headers: {}, body: { '@odata.count': value.length, value } };
      }
      const n = Number.parseInt(pathname.slice(-12), 16);
      if (isGone(n)) return { id, status: 404, body: { error: { code: 'ResourceNotFound', message: 'Not found.' } } };
      return { id, status: 200, headers: {}, body: selected(deviceAt(n), searchParams) };
    }),
  };
}

function selected(device: ManagedDevice, query: URLSearchParams): object {
  const select = query.get('$select')!.split(',') as (keyof ManagedDevice)[];
  return Object.fromEntries(select.map((name) => [name, device[name]]));
}

function page(url: URL): Buffer {
  const filter = url.searchParams.get('$filter') ?? '';
  const isWindow = filter.includes('lastSyncDateTime gt');
  const count = isWindow ? checkedIn : filter.includes('enrolledDateTime gt') ? 0 : devices;
  const start = Number(url.searchParams.get('$skiptoken') ?? '0');
  const end = Math.min(count, start + PAGE);
  const value: object[] = [];
  for (let at = start; at < end; at += 1) {
    const nth = isWindow ? (Math.floor(at / CHECKED_IN) * GROUP + (at % CHECKED_IN)) * CHANGED : at;
    value.push(selected(deviceAt(nth), url.searchParams));
  }
  const next = new URL(url);
  next.searchParams.set('$skiptoken', String(end));
  return Buffer.from(
    JSON.stringify({
      '@odata.context': `${url.origin}/v1.0/$metadata#deviceManagement/managedDevices`,
      '@odata.count': count,
      ...(end < count ? { '@odata.nextLink': next.href } : {}),
      value,
    }),
  );
}

const authority = await createCertificateAuthority('Bench Root');
const certificate = await authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
const token = JSON.stringify({
  token_type: 'Bearer',
  expires_in: 3599,
  access_token: randomBytes(900).toString('base64url'),
});
const server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
  void text(request).then((sent) => {
    const url = new URL(request.url ?? '/', origin());
    const body = answer(url, sent);
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  });
});

function answer(url: URL, sent: string): Buffer {
  if (url.pathname.includes('/oauth2/')) return Buffer.from(token);
  if (url.pathname.endsWith('/managedDeviceOverview'))
    return Buffer.from(JSON.stringify({ enrolledDeviceCount: devices }));
  if (url.pathname.endsWith('/devices/delta')) return Buffer.from(JSON.stringify(changes(url)));
  return url.pathname.endsWith('/$batch') ? Buffer.from(JSON.stringify(batch(sent))) : page(url);
}
const origin = (): string => `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(JSON.stringify({ url: origin(), ca: authority.ca, since: SINCE, devices }));
