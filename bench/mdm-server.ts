/**
 * Graph for the MDM bench, in a process of its own: `node bench/mdm-server.ts <devices>`. The rows are the lab's, made when a page
 * is asked for, since a million of them would not fit; every hundredth has checked in lately. The first line says where it is.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { newManagedDevice } from '../src/lab/managed-devices.ts';
import type { ManagedDevice } from '../src/lab/managed-devices.ts';
import { createCertificateAuthority } from '../src/lab/servers/certificates.ts';

const devices = Number(process.argv[2]);
const PAGE = 1000;
const CHANGED = 100;
const LONG_AGO = Date.UTC(2026, 10, 20, 12);
/** What a quick reading asks for: those after it. */
const SINCE = '2026-11-22T11:00:00.000Z';
const LATELY = '2026-11-22T11:59:00Z';

const MODELS = ['iPhone 17', 'iPhone 16 Pro', 'Pixel 10', 'Galaxy S26', 'Galaxy XCover7'];

function deviceAt(n: number): ManagedDevice {
  const hex = n.toString(16).padStart(12, '0');
  const upn = `first${n % 5003}.last${n}@contoso.example`;
  const platform = n % 3 === 0 ? 'android' : 'ios';
  const id = `${((n * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, '0')}-${hex.slice(0, 4)}-4000-8000-${hex}`;
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
  return n % CHANGED === 0 ? { ...device, lastSyncDateTime: LATELY } : device;
}

function page(url: URL): Buffer {
  const step = (url.searchParams.get('$filter') ?? '').includes('lastSyncDateTime gt') ? CHANGED : 1;
  const select = url.searchParams.get('$select')!.split(',') as (keyof ManagedDevice)[];
  const count = Math.ceil(devices / step);
  const start = Number(url.searchParams.get('$skiptoken') ?? '0');
  const end = Math.min(count, start + PAGE);
  const value: object[] = [];
  for (let at = start; at < end; at += 1) {
    const device = deviceAt(at * step);
    value.push(Object.fromEntries(select.map((name) => [name, device[name]])));
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
  request.resume();
  const url = new URL(request.url ?? '/', origin());
  const body = url.pathname.includes('/oauth2/') ? Buffer.from(token) : page(url);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
});
const origin = (): string => `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(JSON.stringify({ url: origin(), ca: authority.ca, since: SINCE }));
