import assert from 'node:assert/strict';
import type { GraphTransport } from '../../src/graph/graph-transport.ts';
import { readGroupMembers } from '../../src/graph/group-members.ts';
import { managedDevicesOfUsers, readManagedDevice, readManagedDevices } from '../../src/graph/managed-devices.ts';
import type { Organization } from '../../src/lab/organization.ts';
import { simulatedGraph } from '../../src/lab/simulated-graph.ts';
import { all, enrollPhones, labClock, labOrganization, NOON, startGraphLab } from './graph-lab.ts';

/** What the suite needs of either transport. */
interface Subject {
  readonly organization: Organization;
  open(): GraphTransport;
  close(): Promise<void>;
}

const SUBJECTS: readonly (readonly [name: string, start: () => Promise<Subject>])[] = [
  ['real Graph transport against the lab server', () => startGraphLab({ pageSize: 4, memberPageSize: 2 })],
  [
    'simulated Graph transport',
    async () => {
      const organization = labOrganization(labClock());
      return {
        organization,
        open: () => simulatedGraph(organization, { pageSize: 4, memberPageSize: 2 }),
        close: async () => undefined,
      };
    },
  ],
];

for (const [name, start] of SUBJECTS) {
  describe(name, () => {
    let subject: Subject;
    let graph: GraphTransport;
    beforeEach(async () => {
      subject = await start();
      graph = subject.open();
    });
    afterEach(async () => {
      await graph.close();
      await subject.close();
    });

    it('has the devices of many users in one go, those of each by themselves', async () => {
      enrollPhones(subject.organization, 30);
      const users = Array.from({ length: 31 }, (_, n) => [`user${n + 1}@contoso.example`]);
      const found = await managedDevicesOfUsers(graph, users, { source: 'intune' });
      assert.deepEqual(
        found.map((records) => records.map(({ easIds }) => easIds)),
        users.map((_, n) => (n === 30 ? [] : [[`EAS${n + 1}`]])),
      );
      assert.deepEqual(await managedDevicesOfUsers(graph, [], { source: 'intune' }), []);
      await assert.rejects(managedDevicesOfUsers(graph, [['user1@contoso.example'], [' ']], { source: 'intune' }), {
        code: 'ERR_INPUT_INVALID',
      });
    });

    it('has all devices of one among many who has more than a page holds', async () => {
      for (let n = 1; n <= 9; n += 1)
        subject.organization.enroll({
          upn: 'many@contoso.example',
          platform: 'ios',
          model: 'Phone',
          name: `Phone ${n}`,
          serial: `MANY${n}`,
          easDeviceId: `MANY${n}`,
        });
      const users = [['many@contoso.example'], ['nobody@contoso.example']];
      const [many, none] = await managedDevicesOfUsers(graph, users, { source: 'intune' });
      assert.deepEqual([many?.length, none], [9, []]);
    });

    it('reads a tenant without devices as one empty page that is the last', async () => {
      assert.deepEqual(await all(readManagedDevices(graph, { source: 'intune' })), [
        { records: [], page: 0, last: true, total: 0 },
      ]);
    });

    it('reads all devices over several pages and marks only the end as last', async () => {
      enrollPhones(subject.organization, 10);
      const pages = await all(readManagedDevices(graph, { source: 'intune', pageSize: 3 }));
      assert.deepEqual(
        pages.map(({ records, ...page }) => ({ ...page, ids: records.flatMap(({ easIds }) => easIds) })),
        [
          { page: 0, last: false, total: 10, ids: ['EAS1', 'EAS2', 'EAS3'] },
          { page: 1, last: false, total: 10, ids: ['EAS4'] },
          { page: 2, last: false, total: 10, ids: ['EAS5', 'EAS6', 'EAS7'] },
          { page: 3, last: false, total: 10, ids: ['EAS8'] },
          { page: 4, last: true, total: 10, ids: ['EAS9', 'EAS10'] },
        ],
      );
    });

    it('leaves out rows of the retired Exchange connector and still ends the reading', async () => {
      enrollPhones(subject.organization, 4);
      subject.organization.enroll({
        upn: 'eva@contoso.example',
        platform: 'ios',
        model: 'iPhone',
        name: 'EAS only',
        serial: '',
        managementAgent: 'eas',
      });
      const pages = await all(readManagedDevices(graph, { source: 'intune' }));
      assert.deepEqual(
        pages.map(({ records, ...page }) => ({ ...page, count: records.length })),
        [
          { page: 0, last: false, total: 5, count: 4 },
          { page: 1, last: true, total: 4, count: 0 },
        ],
      );
    });

    it('reads only what was enrolled since a time', async () => {
      enrollPhones(subject.organization, 3);
      const enrolledSince = new Date(NOON - 60_000).toISOString();
      const since = await all(readManagedDevices(graph, { source: 'intune', enrolledSince }));
      assert.equal(since.flatMap(({ records }) => records).length, 3);
      const none = await all(
        readManagedDevices(graph, { source: 'intune', enrolledSince: new Date(NOON + 86_400_000).toISOString() }),
      );
      assert.deepEqual(none, [{ records: [], page: 0, last: true, total: 0 }]);
    });

    it('reads only what checked in since a time', async () => {
      enrollPhones(subject.organization, 3);
      const [first] = [...subject.organization.managedDevices.keys()];
      subject.organization.updateManagedDevice(first as string, { lastSyncDateTime: '2026-11-22T13:00:00.1234567Z' });
      const [page] = await all(readManagedDevices(graph, { source: 'intune', since: '2026-11-22T12:30:00Z' }));
      assert.deepEqual([page?.records.map(({ id }) => id), page?.last], [[first], true]);
    });

    it('reads one device again', async () => {
      const device = subject.organization.enroll({
        upn: 'anna@contoso.example',
        platform: 'ios',
        model: 'iPhone15,2',
        name: "Anna's iPhone",
        serial: 'F2LX1',
        easDeviceId: 'ABC',
      });
      subject.organization.setCompliance(device.id, 'noncompliant');
      const record = await readManagedDevice(graph, device.id, { source: 'intune' });
      assert.deepEqual([record?.key, record?.compliance], [`mdm:intune:${device.id}`, 'noncompliant']);
    });

    it('says null for a device that was removed, and for one that is no enrollment', async () => {
      const eas = subject.organization.enroll({
        upn: 'eva@contoso.example',
        platform: 'ios',
        model: 'iPhone',
        name: 'EAS only',
        serial: '',
        managementAgent: 'eas',
      });
      assert.equal(await readManagedDevice(graph, '00000000-0000-4000-8000-00000000dead', { source: 'intune' }), null);
      assert.equal(await readManagedDevice(graph, eas.id, { source: 'intune' }), null);
    });

    it('reads every device of a user, each once, by UPN and by any address, over several pages', async () => {
      const { organization } = subject;
      enrollPhones(organization, 12);
      const enroll = (name: string, upn: string, emailAddress: string, managementAgent = 'mdm'): void => {
        const device = { platform: 'ios', model: 'iPhone', name, serial: name, managementAgent } as const;
        organization.enroll({ ...device, upn, emailAddress });
      };
      for (let n = 1; n <= 5; n += 1) enroll(`own ${n}`, "a.O'Hara@corp.example", "a.o'hara@corp.example");
      enroll('by address', 'admin@corp.example', 'someone@corp.example; Anna@Contoso.example');
      enroll('retired', "a.o'hara@corp.example", '', 'eas');
      enroll('longer address', 'joanna@contoso.example', 'joanna@contoso.example');
      const names = ["A.O'Hara@corp.example", "a.o'hara@corp.example", 'anna@contoso.example', ''];
      const [records = []] = await managedDevicesOfUsers(graph, [names], { source: 'intune' });
      assert.deepEqual(
        records.map(({ device, source }) => [source, device.name]),
        ['own 1', 'own 2', 'own 3', 'own 4', 'own 5', 'by address', 'longer address'].map((own) => ['intune', own]),
      );
      const none = await managedDevicesOfUsers(graph, [['nobody@contoso.example']], { source: 'intune' });
      assert.deepEqual(none, [[]]);
    });

    it('refuses to read the devices of a user without a name, which would be all', async () => {
      for (const names of [[], ['', ' ']])
        await assert.rejects(managedDevicesOfUsers(graph, [names], { source: 'intune' }), {
          code: 'ERR_INPUT_INVALID',
        });
    });

    it('refuses to read a device by an empty id, which would be the list', async () => {
      await assert.rejects(readManagedDevice(graph, ' ', { source: 'intune' }), { code: 'ERR_INPUT_INVALID' });
    });

    it('reads the users of a group and of the groups in it, each once, with every address', async () => {
      const { organization } = subject;
      const anna = organization.addMailbox({
        alias: 'anna',
        displayName: 'Anna',
        upn: 'anna@corp.example',
        address: 'anna.adler@contoso.example',
        addresses: ['anna@contoso.example'],
      });
      const ben = organization.addMailbox({ alias: 'ben', displayName: 'Ben', hasMailbox: false });
      const carl = organization.addMailbox({ alias: 'carl', displayName: 'Carl' });
      const inner = organization.addGroup({ name: 'Inner', members: [carl, anna] });
      const outer = organization.addGroup({ name: 'Exempt', members: [anna, ben, inner] });
      inner.members = [...inner.members, outer];
      const pages = await all(readGroupMembers(graph, outer.id));
      assert.deepEqual(
        pages.map(({ members, ...page }) => ({ ...page, count: members.length })),
        [
          { page: 0, last: false, total: 3, count: 2 },
          { page: 1, last: true, total: 3, count: 1 },
        ],
      );
      assert.deepEqual(
        pages.flatMap(({ members }) => members).sort((a, b) => a.id.localeCompare(b.id)),
        [
          {
            id: anna.userId,
            upn: 'anna@corp.example',
            addresses: ['anna.adler@contoso.example', 'anna@contoso.example'],
          },
          { id: ben.userId, upn: 'ben@contoso.example', addresses: [] },
          { id: carl.userId, upn: 'carl@contoso.example', addresses: ['carl@contoso.example'] },
        ],
      );
    });

    it('fails for a group that does not exist instead of calling it empty', async () => {
      await assert.rejects(all(readGroupMembers(graph, '00000000-0000-4000-8000-00000000dead')), {
        code: 'ERR_GRAPH_STATUS',
      });
    });

    it('takes groups by object id only', async () => {
      await assert.rejects(all(readGroupMembers(graph, "x' or 1 eq 1")), { code: 'ERR_INPUT_INVALID' });
    });

    it('says what Graph says about a filter it does not grant', async () => {
      await assert.rejects(
        graph.get({ path: '/deviceManagement/managedDevices', query: { $filter: "easDeviceId eq 'ABC'" } }),
        (error: Error & { code: string; details: object }) => {
          assert.equal(error.code, 'ERR_GRAPH_STATUS');
          assert.partialDeepStrictEqual(error.details, {
            status: 400,
            graphCode: 'BadRequest',
            path: '/deviceManagement/managedDevices',
          });
          return true;
        },
      );
    });

    it('does not follow a link to another server', async () => {
      await assert.rejects(graph.get({ link: 'https://evil.example/v1.0/deviceManagement/managedDevices' }), {
        code: 'ERR_GRAPH_ORIGIN',
      });
    });

    it('reads the next page only when the last one has been taken', async () => {
      enrollPhones(subject.organization, 12);
      const pages = readManagedDevices(graph, { source: 'intune' });
      await pages.next();
      // Enrolled after the first page was taken: whoever reads on at once could not see it.
      enrollPhones(subject.organization, 1);
      const rest = await all(pages);
      assert.deepEqual(
        rest.map(({ records, last }) => [records.length, last]),
        [
          [4, false],
          [4, false],
          [1, true],
        ],
      );
    });

    it('stops a reading when it is aborted', async () => {
      enrollPhones(subject.organization, 12);
      const stop = new AbortController();
      const pages = readManagedDevices(graph, { source: 'intune', signal: stop.signal });
      await pages.next();
      stop.abort();
      await assert.rejects(pages.next(), { code: 'ERR_ABORTED' });
    });

    it('refuses to read after it was closed', async () => {
      await graph.close();
      await assert.rejects(graph.get({ path: '/deviceManagement/managedDevices' }), { code: 'ERR_ABORTED' });
    });
  });
}
