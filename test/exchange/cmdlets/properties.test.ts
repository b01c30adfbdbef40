import assert from 'node:assert/strict';
import type { PlainObject } from '../../../src/clixml/index.ts';
import { CAS_MAILBOX_PROPERTIES, toCasMailbox } from '../../../src/exchange/cmdlets/get-cas-mailbox.ts';
import { MOBILE_DEVICE_PROPERTIES, toMobileDevice } from '../../../src/exchange/cmdlets/get-mobile-device.ts';
import { toUser, USER_PROPERTIES } from '../../../src/exchange/cmdlets/get-user.ts';

/** Without these no further property is looked at. */
const IDENTITY: PlainObject = {
  Guid: '49ef970b-7f97-475c-a415-91e2b7744875',
  DistinguishedName: 'CN=a,DC=b',
  DeviceId: 'ApplF17XK2ABCDEF',
};

/** Names that a reader asks an object for, where the object has everything and where it has nothing else. */
function namesRead(read: (record: PlainObject) => unknown): ReadonlySet<string> {
  const names = new Set<string>();
  for (const value of ['text', undefined]) {
    const valueOf = (name: string): unknown => IDENTITY[name] ?? value;
    const record = new Proxy<Record<string, unknown>>(Object.create(null) as Record<string, unknown>, {
      get: (_target, name) => valueOf(String(name)),
      getOwnPropertyDescriptor: (_target, name) => {
        names.add(String(name));
        return { value: valueOf(String(name)), configurable: true, enumerable: true, writable: true };
      },
      has: () => assert.fail('a reader asks for own properties only'),
      ownKeys: () => assert.fail('a reader asks for properties by their names'),
    });
    assert.notEqual(read(record as PlainObject), null);
  }
  return names;
}

const sorted = (names: ReadonlySet<string>): string[] => [...names].sort((a, b) => (a < b ? -1 : 1));

describe('the properties that are kept of what Exchange sends', () => {
  for (const [what, read, kept] of [
    ['a device', toMobileDevice, MOBILE_DEVICE_PROPERTIES],
    ['a mailbox', toCasMailbox, CAS_MAILBOX_PROPERTIES],
    ['a user', toUser, USER_PROPERTIES],
  ] as const)
    it(`are those that are read of ${what}, each of them and no other`, () => {
      assert.deepEqual(sorted(kept), sorted(namesRead(read)));
    });
});
