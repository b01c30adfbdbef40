/** Our Exchange client on a front with the real engine behind it, for the tests. */
import assert from 'node:assert/strict';
import { ConnectorError } from '../../../src/errors.ts';
import { openExchange } from '../../../src/exchange/open-exchange.ts';
import type { RemotePowerShellServer } from '../../../src/exchange/open-exchange.ts';
import type { CmdletTransport } from '../../../src/exchange/transport.ts';
import { ENGINE_ASSEMBLY } from './engine-assembly.ts';
import { startPowerShellFront } from './front.ts';
import type { FrontOptions, PowerShellFront } from './front.ts';

/** What the engine's numbered organization calls its mailboxes and devices (engine/Fleet.cs). */
export const mailboxId = (number: number): string =>
  `${(number + 1).toString(16).padStart(8, '0')}-0000-0000-0000-000000000000`;
export const deviceId = (number: number): string =>
  `${(number + 1).toString(16).padStart(8, '0')}-0001-0000-0000-000000000000`;
export const easId = (number: number): string =>
  number % 3 === 0 ? `ApplF${String(number).padStart(10, '0')}` : number.toString(16).toUpperCase().padStart(32, '0');
export const mailboxName = (number: number): string => `CN=user${number},OU=Users,DC=contoso,DC=example`;
export const GROUP = 'CN=Sales,OU=Groups,DC=contoso,DC=example';
export const DYNAMIC_GROUP = 'CN=Everybody,OU=Groups,DC=contoso,DC=example';

/** An exchange behind a front; both end with the test. */
export interface Peer {
  readonly front: PowerShellFront;
  readonly exchange: CmdletTransport;
}

/** Starts a front and opens a client on it: Basic, one shell, destructive cmdlets allowed. */
export async function open(
  options: Partial<FrontOptions> = {},
  client: Partial<RemotePowerShellServer> = {},
): Promise<Peer> {
  const front = await startPowerShellFront({ assembly: ENGINE_ASSEMBLY, ...options });
  const { url, ca, username, password } = front;
  const exchange = openExchange({
    kind: 'remote-powershell',
    urls: [url],
    auth: 'basic',
    username,
    password,
    tls: { ca },
    sessions: 1,
    allowDestructive: true,
    ...client,
  });
  return { front, exchange };
}

/** Ends both, and makes sure that no shell was left behind. */
export async function close({ front, exchange }: Peer): Promise<void> {
  await exchange.close();
  const left = front.shells.size;
  await front.close();
  assert.equal(left, 0, 'Shells were left on the server.');
}

/** All of a stream. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

/** What work failed with; it must fail with one of our errors. */
export async function failure(work: Promise<unknown>): Promise<ConnectorError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof ConnectorError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'Nothing failed.' });
}

/** A peer for the tests of one `describe`. */
export function usePeer(options: Partial<FrontOptions> = {}): () => Peer {
  let peer: Peer | null = null;
  before(async () => {
    peer = await open(options);
  });
  after(() => (peer === null ? undefined : close(peer)));
  return () => {
    if (peer === null) throw new Error('The front is not there yet.');
    return peer;
  };
}
