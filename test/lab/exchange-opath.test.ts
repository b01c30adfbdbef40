import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { MOBILE_DEVICE } from '../../src/lab/exchange-device-objects.ts';
import { CAS_MAILBOX } from '../../src/lab/exchange-mailbox-objects.ts';
import { opathPredicate } from '../../src/lab/opath-predicate.ts';
import { OpathError, parseOpath } from '../../src/lab/opath.ts';
import { Organization, sequentialIds } from '../../src/lab/organization.ts';

const organization = new Organization({ newId: sequentialIds(), now: () => Date.UTC(2026, 4, 1, 8, 0, 0, 500) });
const anna = organization.addMailbox({
  alias: 'anna',
  displayName: "Anna 'the' O’Hara",
  addresses: ['anna.o@contoso.example'],
});
const device = organization.syncPhone({
  mailbox: 'anna@contoso.example',
  deviceId: 'ApplF17XK1',
  deviceType: 'iPhone',
  model: 'iPhone17C3',
}).partnership;

const DEVICE_NAMES = new Set(MOBILE_DEVICE.columns.map(({ name }) => name.toLowerCase()));
const CAS_NAMES = new Set(CAS_MAILBOX.columns.map(({ name }) => name.toLowerCase()));

function fits(filter: string): boolean {
  assert.ok(device);
  return opathPredicate(filter, MOBILE_DEVICE, DEVICE_NAMES)(device);
}

function fitsMailbox(filter: string): boolean {
  return opathPredicate(filter, CAS_MAILBOX, CAS_NAMES)(anna);
}

describe('OPATH filters of the lab’s Exchange', () => {
  // filter of a device, whether Anna's iPhone fits
  const table: readonly (readonly [string, boolean])[] = [
    ["DeviceId -eq 'ApplF17XK1'", true],
    ["deviceid -EQ 'applf17xk1'", true],
    ["DeviceId -eq 'Appl*'", false],
    ["DeviceId -like 'Appl*'", true],
    ["DeviceId -like '*XK1'", true],
    ["DeviceId -like '*17*'", true],
    ["DeviceId -like 'A*1'", false],
    ["DeviceId -notlike 'Appl*'", false],
    ["DeviceAccessState -eq 'Allowed'", true],
    ['DeviceAccessState -eq Allowed', true],
    ["DeviceAccessState -eq '1'", true],
    ["DeviceAccessState -ne 'Blocked'", true],
    ["-not (DeviceAccessState -eq 'Blocked')", true],
    ["-not DeviceAccessState -eq 'Allowed'", false],
    ['DeviceImei -eq $null', true],
    ['DeviceImei -ne $null', false],
    ["DeviceType -eq 'iPad' -or DeviceType -eq 'iPhone' -and DeviceModel -eq 'x'", false],
    ["(DeviceType -eq 'iPad' -or DeviceType -eq 'iPhone') -and DeviceModel -eq 'iPhone17C3'", true],
    ["WhenChangedUTC -ge '2026-05-01T08:00:00Z'", true],
    ["WhenChangedUTC -gt '2026-05-01T08:00:00Z'", false],
    ["WhenChangedUTC -ge '2026-05-01T09:00:00'", true],
    ["WhenChangedUTC -ge '2026-05-01T09:00:01'", false],
    ["WhenChangedUTC -lt '5/1/2026 9:00:01 AM'", true],
    ["WhenChangedUTC -lt '5/1/2026 9:00:01 PM'", true],
    ["FirstSyncTime -gt '2026-05-01T08:00:00Z'", true],
    [`Guid -eq '${device?.guid.toUpperCase() ?? ''}'`, true],
    ["ObjectClass -eq 'msExchActiveSyncDevice'", true],
    ['IsManaged -eq $false', true],
    ["IsManaged -eq 'True'", false],
  ];
  for (const [filter, expected] of table) {
    it(`${expected ? 'finds' : 'does not find'} the iPhone by ${filter}`, () => assert.equal(fits(filter), expected));
  }

  it('understands a doubled quotation mark as one', () => {
    assert.equal(fitsMailbox("DisplayName -eq 'Anna ''the'' O’Hara'"), true);
    assert.equal(fitsMailbox('DisplayName -like "*\'the\'*"'), true);
  });

  it('finds an address with and without its prefix', () => {
    assert.equal(fitsMailbox("EmailAddresses -eq 'anna.o@contoso.example'"), true);
    assert.equal(fitsMailbox("EmailAddresses -like 'smtp:anna.o*'"), true);
    assert.equal(fitsMailbox("EmailAddresses -eq 'other@contoso.example'"), false);
  });

  it('knows a list without entries as null', () => {
    assert.equal(fitsMailbox('ActiveSyncBlockedDeviceIDs -eq $null'), true);
    assert.equal(fitsMailbox('ActiveSyncBlockedDeviceIDs -ne $null'), false);
  });

  const refused = [
    '',
    'DeviceId',
    "DeviceId = 'x'",
    "DeviceId -eq 'x",
    "DeviceId -eq 'x' DeviceType",
    "DeviceId -matches 'x'",
    "(DeviceId -eq 'x'",
    "DeviceId -eq 'x')",
    'DeviceId -eq $x',
    "DeviceId -eq 'O'Hara'",
    "DeviceId -eq 'x'; Get-User",
    'DeviceId -eq (Get-User)',
    "Nothing -eq 'x'",
    "DeviceAccessState -eq 'Maybe'",
    "DeviceAccessState -like 'A*'",
    "DeviceAccessState -gt 'Allowed'",
    "WhenChangedUTC -ge 'yesterday'",
    "IsManaged -eq 'perhaps'",
    'DeviceId -gt $null',
    `${'('.repeat(100)}DeviceId -eq 'x'${')'.repeat(100)}`,
  ];
  for (const filter of refused) {
    it(`refuses ${JSON.stringify(filter.slice(0, 40))}`, () => assert.throws(() => fits(filter), OpathError));
  }

  it('throws nothing but its own error, whatever the text', () => {
    const pieces = fc.constantFrom(
      'DeviceId',
      '-eq',
      '-and',
      '-or',
      '-not',
      '(',
      ')',
      "'",
      '"',
      '$null',
      "'x'",
      ' ',
      '*',
      '-',
      '1',
      '§',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        try {
          parseOpath(parts.join(' '));
        } catch (error) {
          assert.ok(error instanceof OpathError);
        }
      }),
    );
  });

  it('reads back any text that was quoted', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        const node = parseOpath(`DeviceId -eq '${text.replaceAll("'", "''")}'`);
        assert.deepEqual(node, {
          kind: 'comparison',
          property: 'DeviceId',
          operator: 'eq',
          value: { kind: 'text', text },
          position: 1,
        });
      }),
    );
  });
});
