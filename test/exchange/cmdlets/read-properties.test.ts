/** Which properties of Exchange's objects are read: what a reader does not name it must not need. */
import assert from 'node:assert/strict';
import type { PlainObject } from '../../../src/clixml/value.ts';
import { getCasMailbox } from '../../../src/exchange/cmdlets/get-cas-mailbox.ts';
import { getDynamicGroupMembers } from '../../../src/exchange/cmdlets/get-dynamic-group.ts';
import { getMailbox } from '../../../src/exchange/cmdlets/get-mailbox.ts';
import { getMobileDevice } from '../../../src/exchange/cmdlets/get-mobile-device.ts';
import { getRecipient } from '../../../src/exchange/cmdlets/get-recipient.ts';
import { getUser } from '../../../src/exchange/cmdlets/get-user.ts';
import type { CmdletOptions, CmdletTransport } from '../../../src/exchange/transport.ts';

const GUID = '8f4e0e4d-6a6a-4f0a-9f3c-0a1b2c3d4e5f';
const IDENTITY: Readonly<Record<string, string>> = { Guid: GUID, DistinguishedName: 'CN=a', DeviceId: 'ABC123' };

/** An object that has a value for every name, or for those that identify it alone, and notes who asks for which. */
function everything(asked: Set<string>, isRich: boolean): PlainObject {
  const valueOf = (name: string): string | undefined => IDENTITY[name] ?? (isRich ? 'x@contoso.example' : undefined);
  return new Proxy(Object.create(null) as Record<string, string>, {
    getOwnPropertyDescriptor(_, name) {
      asked.add(String(name));
      const value = valueOf(String(name));
      return value === undefined ? undefined : { value, configurable: true, enumerable: true, writable: true };
    },
    get: (_, name) => valueOf(String(name)),
  });
}

/** An Exchange that gives one such object to every call. */
class AnyExchange implements CmdletTransport {
  readonly kind = 'remote-powershell';
  readonly asked = new Map<string, Set<string>>();
  readonly wanted = new Map<string, readonly string[]>();

  async *invoke({ cmdlet }: { readonly cmdlet: string }, options: CmdletOptions = {}): AsyncGenerator<PlainObject> {
    const asked = this.asked.get(cmdlet) ?? new Set<string>();
    this.asked.set(cmdlet, asked);
    this.wanted.set(cmdlet, [...(options.properties ?? [])].sort());
    yield await Promise.resolve(everything(asked, asked.size > 0));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function drain(objects: AsyncIterable<unknown> | Promise<unknown>): Promise<void> {
  if (Symbol.asyncIterator in objects) for await (const _ of objects);
  else await objects;
}

describe('the properties that are read of an object of Exchange', () => {
  const reads: Readonly<Record<string, (exchange: CmdletTransport) => AsyncIterable<unknown> | Promise<unknown>>> = {
    'Get-MobileDevice': (exchange) => getMobileDevice(exchange, { all: true }),
    'Get-CASMailbox': (exchange) => getCasMailbox(exchange, { all: true }),
    'Get-User': (exchange) => getUser(exchange, { all: true }),
    'Get-Recipient': (exchange) => getRecipient(exchange, { all: true }),
    'Get-Mailbox': (exchange) => getMailbox(exchange, GUID),
    'Get-DynamicDistributionGroup': (exchange) => getDynamicGroupMembers(exchange, GUID),
  };
  for (const [cmdlet, read] of Object.entries(reads))
    it(`are all that ${cmdlet} is asked to keep, and no others`, async () => {
      const exchange = new AnyExchange();
      // Where the first of two names has a value the second is not looked at: once without values, once with.
      for (let round = 0; round < 2; round += 1) await drain(read(exchange)).catch(() => undefined);
      assert.deepEqual([...(exchange.asked.get(cmdlet) ?? [])].sort(), exchange.wanted.get(cmdlet));
      assert.ok((exchange.wanted.get(cmdlet)?.length ?? 0) > 2);
    });
});
