/** A far end for tests: answers cmdlets from a table and keeps what it was asked. */
import type { PlainObject } from '../../src/clixml/value.ts';
import type { CmdletCall, CmdletOptions, CmdletTransport } from '../../src/exchange/transport.ts';

export type Answer = Iterable<PlainObject> | AsyncIterable<PlainObject> | Error;

/** `answer` gives the objects of a call, or the error it ends with. */
export class ScriptedExchange implements CmdletTransport {
  readonly kind = 'simulated';
  readonly calls: CmdletCall[] = [];
  /** Pipelines that were left before their end. */
  stopped = 0;
  /** Objects handed over so far. */
  sent = 0;
  private readonly answer: (call: CmdletCall) => Answer;

  constructor(answer: (call: CmdletCall) => Answer) {
    this.answer = answer;
  }

  async *invoke(call: CmdletCall, options: CmdletOptions = {}): AsyncGenerator<PlainObject> {
    this.calls.push(call);
    const objects = this.answer(call);
    if (objects instanceof Error) throw objects;
    let ended = false;
    try {
      for await (const object of objects) {
        options.signal?.throwIfAborted();
        this.sent++;
        yield object;
      }
      ended = true;
    } finally {
      if (!ended) this.stopped++;
    }
  }

  async close(): Promise<void> {}
}

/** The n-th GUID. */
export function guid(n: number): string {
  return `${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

/** A CASMailbox object as Exchange sends it (values as text, as the default serialization level has them). */
export function casMailbox(n: number, more: PlainObject = {}): PlainObject {
  return {
    Guid: guid(n),
    DistinguishedName: `CN=User ${n},OU=People,DC=contoso,DC=example`,
    DisplayName: `User ${n}`,
    PrimarySmtpAddress: `user${n}@contoso.example`,
    EmailAddresses: [`smtp:alias${n}@contoso.example`, `SMTP:user${n}@contoso.example`, 'X500:/o=Contoso/cn=x'],
    ActiveSyncAllowedDeviceIDs: [],
    ActiveSyncBlockedDeviceIDs: [],
    ActiveSyncEnabled: true,
    ...more,
  };
}

/** A MobileDevice object of the n-th mailbox. */
export function mobileDevice(n: number, deviceId: string, more: PlainObject = {}): PlainObject {
  return {
    Guid: guid(0x10000 + n),
    DistinguishedName: `CN=iPhone§${deviceId},CN=ExchangeActiveSyncDevices,CN=User ${n},OU=People,DC=contoso,DC=example`,
    DeviceId: deviceId,
    DeviceType: 'iPhone',
    DeviceModel: 'iPhone17C3',
    DeviceOS: 'iOS 19.1',
    DeviceUserAgent: 'Apple-iPhone17C3/2302.85',
    FriendlyName: '',
    DeviceImei: '',
    ClientType: 'EAS',
    ClientVersion: '16.1',
    DeviceAccessState: 'Allowed',
    DeviceAccessStateReason: 'Global',
    FirstSyncTime: '2026-04-30T12:00:00.1234567Z',
    WhenChangedUTC: '2026-05-01T08:00:00.0000000',
    ...more,
  };
}

/** A User object of the n-th mailbox. */
export function user(n: number, more: PlainObject = {}): PlainObject {
  return {
    Guid: guid(n),
    DistinguishedName: `cn=user ${n},ou=People,dc=contoso,dc=example`,
    UserPrincipalName: `u${n}@corp.contoso.example`,
    DisplayName: `User ${n}`,
    ...more,
  };
}

/** All pages of a reading. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}
