/** Objects that Exchange cannot give, over the wire: the rest is read, and what is missing is told. */
import assert from 'node:assert/strict';
import { AlikeWarnings, areAlike } from '../../src/exchange/alike-warnings.ts';
import { readEasRecords } from '../../src/exchange/eas-records.ts';
import type { EasPage } from '../../src/exchange/eas-records.ts';
import { editMailboxLists, readEasRecord, readMailboxLists } from '../../src/exchange/read-mailbox.ts';
import { mailboxNamesIn } from '../../src/exchange/object-names.ts';
import { isConnectorError } from '../../src/errors.ts';
import type { Mailbox } from '../../src/lab/mailboxes.ts';
import type { Organization } from '../../src/lab/organization.ts';
import { easRecordKey } from '../../src/model/keys.ts';
import { labOrganization, withLab } from './lab-exchange.ts';
import type { Lab } from './lab-exchange.ts';
import { collect } from './scripted-exchange.ts';

/** Mailboxes with a phone each, beside those of the contract. */
function staff(organization: Organization, names: readonly string[]): Mailbox[] {
  return names.map((displayName, at) => {
    const mailbox = organization.addMailbox({ alias: `staff${at}`, displayName });
    organization.syncPhone({ mailbox: mailbox.address, deviceId: `ApplStaff${at}Q`, deviceType: 'iPhone' });
    return mailbox;
  });
}

interface Reading {
  readonly pages: EasPage[];
  readonly last: EasPage;
  readonly ids: string[];
  readonly warnings: string[];
}

async function read(
  lab: Lab,
  how: { kind?: 'full' | 'quick'; keys?: string[]; since?: string } = {},
): Promise<Reading> {
  const warnings: string[] = [];
  const exchange = lab.open();
  const pages = await collect(
    readEasRecords(exchange, { organization: 'org', kind: 'full', ...how, onWarning: (text) => warnings.push(text) }),
  );
  await exchange.close();
  const ids = pages
    .flatMap(({ records }) => records.map(({ easId }) => easId))
    .filter((id) => id.startsWith('ApplStaff'));
  return { pages, last: pages.at(-1)!, ids: ids.sort(), warnings };
}

describe('an object that Exchange cannot give', () => {
  it('is not gone because what it needs could not be found', async () => {
    await withLab({}, async (lab) => {
      const [uma] = staff(lab.organization, ['Uma Berg']) as [Mailbox];
      const keys = [easRecordKey('org', uma.guid, 'ApplStaff0Q')];
      for (const cmdlet of ['Get-CASMailbox', 'Get-MobileDevice']) {
        lab.server.faults.addCmdlet({
          kind: 'error-record',
          cmdlet,
          message: "The mailbox database 'DB02' couldn't be found.",
          exceptionType: 'Microsoft.Exchange.Data.Storage.DatabaseNotFoundException',
          errorId:
            '[Server=EX1,RequestId=1,TimeStamp=11/22/2026 5:41:07 PM] [FailureCategory=Cmdlet-DatabaseNotFoundException] 1A2B,X',
          terminating: true,
        });
        const { last, ids } = await read(lab, { kind: 'quick', keys }).catch((error: unknown) => {
          assert.ok(isConnectorError(error, 'ERR_EXCHANGE_CMDLET'), cmdlet);
          return { last: null, ids: [] };
        });
        assert.deepEqual([last?.gone, ids], [undefined, []], cmdlet);
      }
      lab.organization.removePartnership(uma.partnerships[0]!);
      assert.deepEqual((await read(lab, { kind: 'quick', keys })).last.gone, keys);
    });
  });

  it('is a gap too if it is called like a filter that is refused', async () => {
    await withLab({}, async (lab) => {
      const [spam] = staff(lab.organization, ['Spam Filter', 'Uma Berg']) as [Mailbox];
      const message = `The object '${spam.canonicalName}' has invalid attributes and cannot be read.`;
      for (const kind of ['full', 'quick'] as const) {
        lab.server.faults.addCmdlet({ kind: 'error-record', cmdlet: 'Get-MobileDevice', message, afterObjects: 1 });
        const { last, ids } = await read(lab, { kind, since: '2020-01-01T00:00:00.000Z' });
        assert.deepEqual(
          [last.gaps, ids],
          [{ count: 1, mailboxes: [spam.guid] }, ['ApplStaff0Q', 'ApplStaff1Q']],
          kind,
        );
      }
    });
  });

  it('leaves the reading whole but for it, names it with its remedy, and is met again in the next one', async () => {
    await withLab({}, async (lab) => {
      const { organization } = lab;
      const [kim, lou, moa, nia, ola] = staff(organization, [
        'Kim, Lee',
        'Lou/Sub',
        'Moa Dahl',
        'Nia "N" Ek',
        'Ola Ås',
      ]) as [Mailbox, Mailbox, Mailbox, Mailbox, Mailbox];
      organization.broken.break(kim, 'unreachable-database');
      organization.broken.break(lou.partnerships[0]!, 'corrupted');
      moa.partnerships[0]!.conflict = '9c1d34f7-5b7e-4f0e-8a35-51c9a3a7be10';
      nia.partnerships[0]!.hasLostId = true;
      for (let again = 0; again < 2; again++) {
        const { last, ids, warnings } = await read(lab);
        assert.deepEqual(ids, ['ApplStaff4Q']);
        assert.deepEqual(last.gaps, { count: 4, mailboxes: [kim, lou, moa, nia].map(({ guid }) => guid).sort() });
        const told = (part: string): string => warnings.find((text) => text.includes(part)) ?? '';
        assert.match(
          told('Kim, Lee'),
          /^Exchange could not give 1 object \(a mailbox database that it does not reach\): .*Mount-Database/,
        );
        assert.match(
          told('ApplStaff1Q'),
          /corrupted in Active Directory\): contoso\.example\/Users\/Lou\\\/Sub\/.*Get-CASMailbox/,
        );
        assert.match(told('CNF:'), /CN=iPhone§ApplStaff2Q,CN=ExchangeActiveSyncDevices\\0ACNF:9c1d34f7.*ADSI Edit/);
        assert.match(told('without a DeviceId'), /Nia .*Remove-MobileDevice/);
        assert.equal(warnings.length, 4, warnings.join('\n'));
      }
      organization.broken.repair(kim);
      assert.deepEqual((await read(lab)).ids, ['ApplStaff0Q', 'ApplStaff4Q']);
      assert.equal(ola.partnerships.length, 1);
    });
  });

  it('that it does not name may be any that is missing', async () => {
    await withLab({}, async (lab) => {
      const [rut] = staff(lab.organization, ['Rut Ö', 'Sol P']) as [Mailbox, Mailbox];
      lab.organization.broken.break(rut.partnerships[0]!, 'nobodys');
      const { last, ids, warnings } = await read(lab);
      assert.deepEqual(ids, ['ApplStaff1Q']);
      assert.deepEqual(last.gaps, { count: 1, mailboxes: [], unnamed: 1 });
      assert.match(warnings.join(), /does not say which: .*An entry of the result could not be read/);
    });
  });

  it('is no reading by key either, and does not count as gone', async () => {
    await withLab({}, async (lab) => {
      const mailboxes = staff(lab.organization, ['Tea R', 'Ulf S', 'Vera T']);
      const [tea, ulf, vera] = mailboxes as [Mailbox, Mailbox, Mailbox];
      lab.organization.broken.break(tea, 'corrupted');
      lab.organization.broken.break(ulf.partnerships[0]!, 'unreachable-database');
      const key = (mailbox: Mailbox, id: string): string => easRecordKey('org', mailbox.guid, id);
      const lost = key(vera, 'ApplNeverThere');
      const keys = [...mailboxes.map((mailbox, at) => key(mailbox, `ApplStaff${at}Q`)), lost];
      const { last, ids } = await read(lab, { kind: 'quick', keys });
      assert.deepEqual(ids, ['ApplStaff2Q']);
      assert.deepEqual([last.gone, last.gaps], [[lost], { count: 2, mailboxes: [tea.guid, ulf.guid].sort() }]);
    });
  });

  it('is no gap if the call is refused as a whole', async () => {
    await withLab({}, async (lab) => {
      for (const mailbox of lab.organization.directory.users())
        if (mailbox.hasMailbox) lab.organization.broken.break(mailbox, 'nobodys');
      await assert.rejects(read(lab), (error) => isConnectorError(error, 'ERR_EXCHANGE_CMDLET'));
    });
  });

  it('that it only complains about is read, and the complaint told once', async () => {
    const organization = labOrganization();
    await withLab(
      {},
      async (lab) => {
        const mailboxes = staff(
          organization,
          Array.from({ length: 60 }, (_, at) => `Worker ${'x'.repeat(at % 9)} No ${at}`),
        );
        for (const mailbox of mailboxes) organization.broken.warn(mailbox);
        const { ids, last, warnings } = await read(lab);
        // Get-CASMailbox and Get-User say it of each.
        assert.deepEqual([ids.length, last.gaps], [60, undefined]);
        assert.equal(warnings.length, 2, warnings.join('\n'));
        assert.match(warnings[0] ?? '', /^The object contoso\.example\/Users\/Worker {2}No 0 has been corrupted/);
        assert.match(warnings[1] ?? '', /^Exchange warned 119 more times like this: The object/);
      },
      organization,
    );
  });
});

describe('an id with blanks and odd characters', () => {
  it('is read and written exactly as it is spelled, over the wire', async () => {
    await withLab({}, async (lab) => {
      const { organization } = lab;
      const mailbox = organization.addMailbox({ alias: 'ivo', displayName: 'Ivo Z' });
      const deviceId = ` Odd\u0002 "7"\t§ü🎧' `;
      organization.syncPhone({ mailbox: mailbox.address, deviceId, deviceType: 'TestPad' });
      const exchange = lab.open();
      const wanted = { organization: 'org', mailboxId: mailbox.guid, easId: deviceId };
      const record = await readEasRecord(exchange, wanted);
      assert.equal(record?.easId, deviceId);
      await editMailboxLists(exchange, { mailboxId: mailbox.guid, blocked: { add: [record.easId] } });
      assert.deepEqual([mailbox.blockedDeviceIds, mailbox.partnerships[0]?.state], [[deviceId], 'blocked']);
      const { blocked } = await readMailboxLists(exchange, mailbox.guid);
      await editMailboxLists(exchange, { mailboxId: mailbox.guid, blocked: { remove: blocked } });
      assert.deepEqual(mailbox.blockedDeviceIds, []);
    });
  });
});

describe('a mailbox of which Exchange says wrongly that it has no devices', () => {
  it('is read by itself, up to 200 of them, in a full and in a quick reading', async () => {
    const organization = labOrganization();
    await withLab(
      {},
      async (lab) => {
        const since = new Date(organization.now() - 60_000).toISOString();
        const mailboxes = staff(
          organization,
          Array.from({ length: 203 }, (_, at) => `Unflagged ${at}`),
        );
        for (const mailbox of mailboxes) mailbox.partnershipFlag = false;
        for (const how of [{ kind: 'full' }, { kind: 'quick', since }] as const) {
          const { ids, last, warnings } = await read(lab, how);
          assert.deepEqual([ids.length, last.skipped], [200, 3]);
          assert.match(warnings.join(), /^3 devices belong to mailboxes that Exchange does not list/);
        }
      },
      organization,
    );
  });
});

describe('whose object an error is about', () => {
  for (const [name, target, message, names] of [
    ['a distinguished name', 'CN=Bo\\, Al,OU=X,DC=a,DC=b', '', ['CN=Bo\\, Al,OU=X,DC=a,DC=b']],
    ['a device', 'CN=iPad§1,CN=ExchangeActiveSyncDevices,CN=Bo,DC=a,DC=b', '', ['CN=Bo,DC=a,DC=b']],
    [
      'a device in a container of a conflict',
      'CN=iPad§1,CN=ExchangeActiveSyncDevices\\0ACNF:0d9bd7a2-0000-4000-8000-000000000001,CN=Bo,DC=a,DC=b',
      '',
      ['CN=Bo,DC=a,DC=b'],
    ],
    ['a canonical name', 'a.b/X/Bo, Al', '', ['CN=Bo\\, Al,OU=X,DC=a,DC=b', 'CN=Bo\\, Al,CN=X,DC=a,DC=b']],
    ['a canonical name with a slash', 'a.b/Bo\\/Al', '', ['CN=Bo/Al,DC=a,DC=b']],
    ['the canonical name of a device', 'a.b/Bo/ExchangeActiveSyncDevices/iPad§1', '', ['CN=Bo,DC=a,DC=b']],
    ['a name in quotation marks', null, "The mailbox 'a.b/Bo' on database “DB 1” is away.", ['CN=Bo,DC=a,DC=b']],
    ['a target that is none, and one in quotation marks', 'DB 1', 'No "a.b/Bo" there.', ['CN=Bo,DC=a,DC=b']],
    ['two names', null, "'a.b/Bo' is not 'a.b/Cy'.", []],
    ['a name without an end', null, 'The object a.b/Bo Al has been corrupted.', []],
    ['a display name', 'Bo Al', "The mailbox of 'Bo Al' is away.", []],
    ['too many containers', `a.b/${'x/'.repeat(9)}Bo`, '', []],
    ['nothing', null, '', []],
  ] as const) {
    it(`is told by ${name}: ${names.length === 0 ? 'nobody knows' : names.join(' or ')}`, () => {
      assert.deepEqual(mailboxNamesIn(target, message), names);
    });
  }
});

describe('warnings of Exchange', () => {
  it('are alike if only what they are about differs', () => {
    const one = 'Das Objekt "a.b/Bo" wurde beschädigt und befindet sich in einem inkonsistenten Zustand.';
    const other =
      'Das Objekt "a.b/Staff/Cy van Dam" wurde beschädigt und befindet sich in einem inkonsistenten Zustand.';
    assert.deepEqual([areAlike(one, other), areAlike(other, one), areAlike(one, one)], [true, true, true]);
    assert.equal(areAlike(one, 'Das Objekt wurde geändert.'), false);
    assert.equal(areAlike('', 'x'), false);
  });

  it('of many kinds are counted from the twenty-first kind on', () => {
    const told: string[] = [];
    const warnings = new AlikeWarnings((text) => told.push(text));
    for (let kind = 0; kind < 25; kind++) warnings.add(String.fromCharCode(97 + kind).repeat(30));
    warnings.add('b'.repeat(30));
    warnings.end();
    assert.equal(told.length, 22);
    assert.deepEqual(told.slice(20), [
      `Exchange warned 1 more times like this: ${'b'.repeat(30)}`,
      'Exchange warned 5 more times of other things.',
    ]);
  });
});
