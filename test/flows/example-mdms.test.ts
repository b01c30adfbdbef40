/** The examples that read other MDMs, imported, deployed and run as they are shipped, against the APIs that the lab plays. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Organization } from '../../src/lab/organization.ts';
import type { Store } from '../../src/store/store.ts';
import type { MdmApis } from '../../src/lab/servers/mdm-apis.ts';
import type { MdmServer } from '../../src/lab/servers/mdm-api.ts';
import { CORE, CSV, PAGED, playMdms, readExample, told } from '../support/mdm-examples.ts';
import type { Entry, PlayedMdms } from '../support/mdm-examples.ts';
import { startFlow, stopFlow, useUserDir } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';

/** How many devices the organization has: three pages of 25, the last one not full. */
const PHONES = 60;

for (const example of [...PAGED, CSV]) {
  describe(`example ${example.file}`, function () {
    const nodes = readExample(example.file);
    const idOf = (type: string, name: string): string =>
      nodes.find((node) => node.type === type && node.name === name)?.id ?? assert.fail(`no ${type} ${name}`);
    let mdms: PlayedMdms;
    let organization: Organization;
    let apis: MdmApis;
    let server: MdmServer;
    let flow: RunningFlow;
    /** What Node-RED keeps encrypted, by node. */
    let credentials: Record<string, Record<string, string>>;

    beforeEach(async () => {
      mdms = await playMdms(PHONES);
      ({ organization, apis } = mdms);
      useUserDir(mdms.folder);
      server = example.server(apis);
      credentials = {};
      flow = await startFlow([], credentials);
    });

    afterEach(async () => {
      await stopFlow();
      await mdms.close();
    });

    /** The node that a flow's own merge matcher is wired to. */
    const behind = nodes.find(({ type, name }) => type === 'change' && name === 'without the sign-in')?.id ?? '';
    const withPageSize = (env: NonNullable<Entry['env']>): NonNullable<Entry['env']> =>
      env.map((one) => (one.name === example.pageSize?.[0] ? { ...one, value: String(example.pageSize[1]) } : one));
    const deploy = (withEnv = withPageSize, more: readonly FlowNode[] = []): Promise<void> =>
      flow.redeploy(
        [...nodes, ...more].map((node: Entry) => ({
          ...node,
          ...(node.type === 'tab' ? { env: withEnv(node.env ?? []) } : {}),
          ...(node.type === 'mdm-source' && node.name === example.source
            ? { pageSize: 20, store: more.length > 0 ? 'store' : '' }
            : {}),
          ...(node.id === behind && more.length > 0 ? { wires: [[idOf('debug', 'devices'), 'matcher']] } : {}),
          // It waits for no longer than a test has to; how long it would is on the message.
          ...(node.type === 'delay' ? { pauseType: 'delay', timeout: '0', timeoutUnits: 'milliseconds' } : {}),
        })),
      );
    const press = (): void => flow.receive(idOf('inject', example.button));
    const pages = (): Record<string, unknown>[] => flow.arrived(idOf('debug', 'devices'));
    const syncOf = (page: Record<string, unknown> | undefined): { last?: boolean; total?: number } =>
      (page?.['sync'] ?? {}) as { last?: boolean; total?: number };
    const errors = (): string[] =>
      flow.arrived(idOf('debug', 'error')).map(({ error }) => (error as { message: string }).message);
    const isComplete = (): boolean => pages().some((page) => syncOf(page).last === true);
    const inMdm = () =>
      [...organization.enrolledIn('intune').values()].filter((one) => example.has(one.operatingSystem));
    const pagesOfMdm = (): number =>
      example.pageSize === undefined ? 1 : Math.ceil(inMdm().length / example.pageSize[1]);

    async function readWhole(): Promise<void> {
      press();
      await flow.until(() => isComplete() || errors().length > 0, 'the reading has ended');
    }

    const PLATFORMS: Readonly<Record<string, string>> = { iOS: 'ios', Android: 'android' };
    const expected = (): unknown[] =>
      inMdm().map(({ id, easDeviceId, serialNumber, operatingSystem, emailAddress }) => [
        example.idOf(id, operatingSystem),
        easDeviceId === '' ? [] : [easDeviceId],
        true,
        'compliant',
        serialNumber,
        PLATFORMS[operatingSystem],
        [emailAddress],
      ]);

    it('hands on every device that the MDM has, and says how many they are with the last page', async () => {
      await deploy();
      await readWhole();
      assert.deepEqual(errors(), []);
      assert.deepEqual(pages().flatMap(told), expected());
      const syncs = pages().map(({ sync }) => sync as { last: boolean; total?: number; organization: string });
      assert.deepEqual(
        syncs.map(({ last, total, organization: of }) => [last, total, of]),
        syncs.map((_, at) => [
          at === syncs.length - 1,
          at === syncs.length - 1 ? inMdm().length : undefined,
          example.source,
        ]),
      );
      const asked = Array.from({ length: pagesOfMdm() }, (_, at) => `${at + 1} 200`);
      assert.deepEqual(server.answered, example.pageSize === undefined ? asked : ['token 200', ...asked]);
    });

    it('asks nothing and tells it if the MDM’s certificate is not trusted', async () => {
      delete process.env['MDM_CA_FILE'];
      await deploy();
      await readWhole();
      assert.equal(errors().length, 1);
      assert.match(errors()[0]!, /certificate/i);
      assert.doesNotMatch(flow.logged().join(), /ENOENT/);
      assert.deepEqual([pages(), server.answered], [[], []]);
    });

    for (const [what, change] of [
      ['without an address', () => ''],
      ['over plain http', (url: string) => url.replace('https:', 'http:')],
    ] as const)
      it(`asks nothing ${what}, and tells it`, async () => {
        for (const name of example.addresses) process.env[name] = change(process.env[name] ?? '');
        await deploy();
        await readWhole();
        assert.deepEqual([pages(), server.answered, errors().length], [[], [], 1]);
        assert.match(errors()[0]!, /no-url|url/i);
      });

    it('shows no secret to the nodes behind it, nor to the one that gets errors, nor in the log', async () => {
      await deploy();
      await readWhole();
      server.faults.add({ kind: 'status', status: 500 });
      press();
      await flow.until(() => errors().length > 0, 'the error is told');
      const shown = JSON.stringify([pages(), flow.arrived(idOf('debug', 'error')), flow.logged(), flow.words()]);
      for (const secret of example.secrets(apis)) assert.ok(!`${shown}${JSON.stringify(nodes)}`.includes(secret));
      assert.doesNotMatch(shown, /Bearer [\w-]{8}|MaaS token=|Basic [\w+/]{8}/);
    });

    it('takes a secret that the tab keeps encrypted in place of the environment’s', async () => {
      const { id } = nodes.find(({ type }) => type === 'tab') ?? assert.fail('no tab');
      const secret = process.env[example.password] ?? '';
      process.env[example.password] = 'wrong';
      credentials[id] = { [example.password]: secret };
      await deploy((env) =>
        withPageSize(env).map((one) => (one.name === example.password ? { ...one, value: '', type: 'cred' } : one)),
      );
      await readWhole();
      assert.deepEqual(errors(), []);
      assert.deepEqual(pages().flatMap(told), expected());
    });

    it('follows no redirect: what it signs in with stays with the MDM', async () => {
      const { jamf, csv } = apis;
      const other = server === csv ? jamf : csv;
      await deploy();
      for (const target of example.pageSize === undefined ? ([1] as const) : (['token', 2] as const)) {
        server.faults.add({ kind: 'status', status: 307, target, location: `${other.url}/exports/devices.csv` });
        const before = errors().length;
        press();
        await flow.until(() => errors().length > before, 'the error is told');
        assert.match(errors().at(-1)!, /answered 307\b.* does not count\.$/);
      }
      assert.deepEqual([isComplete(), other.answered], [false, []]);
    });

    it('sends a whole list or none when its button is pressed while it reads', async () => {
      await deploy();
      press();
      press();
      await flow.until(isComplete, 'a reading is whole');
      await flow.until(
        () => errors().length + pages().filter((page) => syncOf(page).last).length === 2,
        'both have ended',
      );
      const ends = pages().filter((page) => syncOf(page).last);
      for (const { sync } of ends) {
        const { id } = sync as { id: string };
        const own = pages().filter((page) => (page['sync'] as { id: string }).id === id);
        assert.deepEqual(own.flatMap(told), expected());
      }
    });

    for (const [what, status] of [
      ['a failure of the server', 500],
      ['a refusal', 403],
    ] as const)
      it(`completes nothing after ${what}, and tells it`, async () => {
        await deploy();
        server.faults.add({ kind: 'status', status, target: example.pageSize === undefined ? 1 : 2 });
        await readWhole();
        assert.equal(isComplete(), false);
        assert.equal(errors().length, 1);
        assert.match(errors()[0]!, new RegExp(`answered ${status}\\b.* does not count\\.$`));
        press();
        await flow.until(isComplete, 'the next reading is whole');
        assert.deepEqual(
          pages()
            .slice(-Math.ceil(inMdm().length / 20))
            .flatMap(told),
          expected(),
        );
      });

    it('leaves the merge matcher with the last whole list, whatever came of a later one', async () => {
      await deploy(withPageSize, [
        { id: 'store', type: 'connector-store', engine: 'sqlite', path: join(mdms.folder, 'store.sqlite') },
        { id: 'matcher', type: 'merge-matcher', store: 'store', pageSize: 500, maxAge: 26, wires: [[], [], []] },
      ]);
      const { snapshots } = await (flow.node('store') as { store(): Promise<Store> }).store();
      const latest = async (): Promise<number | undefined> => (await snapshots.latest('mdm', example.source))?.count;
      await readWhole();
      await flow.until(() => flow.ended('matcher').done === pages().length, 'the matcher has taken all pages');
      const { length } = inMdm();
      assert.deepEqual([errors(), await latest()], [[], length]);
      for (const { id } of inMdm().slice(0, 5)) organization.unenroll(id);
      server.faults.add({ kind: 'reset', target: example.pageSize === undefined ? 1 : 2 });
      press();
      await flow.until(() => errors().length > 0, 'the error is told');
      await flow.until(() => flow.ended('matcher').done === pages().length, 'the matcher has taken all pages');
      assert.equal(await latest(), length);
      press();
      await flow.until(
        () => pages().filter((page) => syncOf(page).last).length === 2 && flow.ended('matcher').done === pages().length,
        'the next list is taken',
      );
      assert.equal(await latest(), length - 5);
    });

    for (const kind of ['reset', 'cut', 'html'] as const)
      it(`completes nothing after an answer that is ${{ reset: 'broken off', cut: 'cut', html: 'a page for people' }[kind]}`, async () => {
        await deploy();
        server.faults.add({ kind, target: example.pageSize === undefined ? 1 : 2 });
        await readWhole();
        assert.deepEqual([isComplete(), errors().length], [false, 1]);
      });

    if (example.pageSize !== undefined) {
      const [sizeName, size] = example.pageSize;
      const asked = (): string[] => Array.from({ length: pagesOfMdm() }, (_, at) => `${at + 1} 200`);

      /** Leaves as many devices in the MDM. */
      const keep = (count: number): void => {
        for (const { id } of inMdm().slice(count)) organization.unenroll(id);
      };

      it('says that the list is as old as the first request', async () => {
        await deploy();
        const before = new Date().toISOString();
        await readWhole();
        const [{ startedAt }] = pages().map(({ sync }) => sync as { startedAt: string }) as [{ startedAt: string }];
        assert.ok(before <= startedAt && startedAt <= new Date().toISOString());
      });

      it('signs in anew when the token has expired before its time, and misses nothing', async () => {
        await deploy();
        server.faults.add({ kind: 'expired-tokens', target: 2 });
        await readWhole();
        assert.deepEqual(errors(), []);
        assert.deepEqual(pages().flatMap(told), expected());
        assert.deepEqual(server.answered, ['token 200', '1 200', '2 401', 'token 200', ...asked().slice(1)]);
      });

      it('completes nothing if a new token is refused as well', async () => {
        await deploy();
        server.faults.add({ kind: 'status', status: 401, target: 2, times: 2 });
        await readWhole();
        assert.deepEqual(server.answered, ['token 200', '1 200', '2 401', 'token 200', '2 401']);
        assert.equal(isComplete(), false);
        assert.deepEqual(errors(), [
          `${example.source} answered 401 to page 2. The reading ends here and does not count.`,
        ]);
      });

      it('asks for no device with a wrong password, and says what to check', async () => {
        process.env[example.password] = 'wrong';
        await deploy();
        await readWhole();
        assert.deepEqual([server.answered.length, pages()], [1, []]);
        assert.match(errors().join(), /gave no token, it answered \d+.* Check .* does not count\.$/);
      });

      /*
       *   answer   Retry-After                     waits
       *   429      seconds                         as long
       *   503      a time                          until then, but for ten minutes at most
       *   429      a time that has passed          a second
       *   429      none, or nothing that is known  half a minute
       */
      for (const [status, said, retryAfter, waited] of [
        [429, '7 seconds', '7', 7_000],
        [503, 'an hour', new Date(Date.now() + 3_600_000).toUTCString(), 600_000],
        [429, 'a time that has passed', 'Wed, 21 Oct 2015 07:28:00 GMT', 1_000],
        [429, 'nothing', undefined, 30_000],
        [429, 'nothing that is known', 'soon', 30_000],
      ] as const)
        it(`asks again after ${waited / 1000} seconds when a ${status} says ${said}, and misses nothing`, async () => {
          await deploy();
          server.faults.add({ kind: 'status', status, target: 2, ...(retryAfter === undefined ? {} : { retryAfter }) });
          await readWhole();
          assert.deepEqual(errors(), []);
          assert.deepEqual(pages().flatMap(told), expected());
          assert.deepEqual(
            flow.arrived(idOf('delay', 'wait')).map(({ delay }) => delay),
            [waited],
          );
          assert.deepEqual(server.answered, ['token 200', '1 200', `2 ${status}`, ...asked().slice(1)]);
        });

      it('gives up after five pauses, and completes nothing', async () => {
        await deploy();
        server.faults.add({ kind: 'status', status: 429, target: 2, retryAfter: '1', times: 6 });
        await readWhole();
        assert.deepEqual([isComplete(), flow.arrived(idOf('delay', 'wait')).length], [false, 5]);
        assert.deepEqual(errors(), [
          `${example.source} answered 429 to page 2. The reading ends here and does not count.`,
        ]);
      });

      for (const off of [-1, 1])
        it(`completes nothing if the MDM says that it has ${off === 1 ? 'one device more' : 'one device less'} than it gives`, async () => {
          await deploy();
          server.faults.add({ kind: 'total', off, times: 9 });
          await readWhole();
          const { length } = inMdm();
          assert.equal(isComplete(), false);
          assert.deepEqual(errors(), [
            `${example.source} says that it has ${length + off} devices, and gave ${length} up to page ${pagesOfMdm()}. The reading ends here and does not count.`,
          ]);
        });

      it('takes a device that was enrolled while it reads as one more', async () => {
        await deploy();
        server.faults.add({ kind: 'total', off: -1, target: 1 });
        await readWhole();
        assert.deepEqual(errors(), []);
        assert.deepEqual(pages().flatMap(told), expected());
      });

      it('reads an MDM whose last page is full, one with one device, and one with none', async () => {
        await deploy();
        for (const count of [2 * size, 1, 0]) {
          const before = { pages: pages().length, answered: server.answered.length };
          keep(count);
          press();
          await flow.until(
            () => pages().length > before.pages && syncOf(pages().at(-1)).last === true,
            'the reading is whole',
          );
          const list = pages().slice(before.pages);
          assert.deepEqual(list.flatMap(told), expected());
          assert.equal(syncOf(list.at(-1)).total, count);
          const requests = server.answered.slice(before.answered).filter((one) => !one.startsWith('token'));
          assert.deepEqual(requests, example.requests[count === 0 ? 'none' : count === 1 ? 'one' : 'full']);
        }
        assert.deepEqual(errors(), []);
      });

      it('has pages as large as the MDM allows, unless the tab says otherwise', () => {
        const env = nodes.find(({ type }) => type === 'tab')?.env ?? [];
        assert.deepEqual(
          env.find(({ name }) => name === sizeName),
          { name: sizeName, value: example.shippedSize, type: 'num' },
        );
      });
    } else {
      it('says that the list is as old as the file, of which it takes off byte order mark, quotes and line breaks', async () => {
        await deploy();
        await readWhole();
        const startedAt = new Date(Math.floor(organization.now() / 1000) * 1000).toISOString();
        assert.deepEqual(
          pages().map(({ sync }) => (sync as { startedAt: string }).startedAt),
          pages().map(() => startedAt),
        );
      });

      it('completes nothing without a device in the file', async () => {
        await deploy();
        for (const { id } of inMdm()) organization.unenroll(id);
        await readWhole();
        assert.deepEqual([pages(), errors().length], [[], 1]);
      });

      /** The file as it was fetched, with an answer's status and headers. */
      const fetched = (payload: string): void =>
        flow.receive(idOf('switch', 'answered?'), { payload, statusCode: 200, headers: {} });

      for (const [what, text, why] of [
        [
          'a quotation mark that is not closed, which would swallow all rows behind it',
          '1;A;"Anna\n2;B;Ben\n3;C;Carla\n',
          /line 2: has a quotation mark/,
        ],
        ['a row that lost its last cells', '1;A;Anna\n2;B\n3;C;Carla\n', /line 3: has 2 cells and the header 3/],
        [
          'a row that a semicolon has one cell too many for',
          '1;A;Adler; Anna\n',
          /line 2: has 4 cells and the header 3/,
        ],
        ['two devices under one id', '1;A;Anna\n1;B;Ben\n', /Record 2 \(line 3\): the mapping's id/],
        ['a row without an id', '1;A;Anna\n;B;Ben\n', /Record 2 \(line 3\): the mapping's id is missing/],
        ['a header alone', '', /has no devices/],
        ['a header and empty rows alone', ';;\r\n\r\n', /has no devices/],
      ] as const)
        it(`completes nothing of a file with ${what}, and tells it`, async () => {
          await deploy();
          fetched(`\uFEFFid;easId;name\r\n${text}`);
          await flow.until(() => errors().length > 0 || isComplete(), 'the reading has ended');
          assert.deepEqual([pages(), errors().length], [[], 1]);
          assert.match(errors()[0]!, why);
        });

      it('takes commas and German columns as they come', async () => {
        await deploy();
        fetched(
          'Geräte-ID,EAS-Geräte-ID,E-Mail-Adresse,Verwaltet,Konformität\n1,A,anna@contoso.example,Wahr,Konform\n',
        );
        await flow.until(() => errors().length > 0 || isComplete(), 'the reading has ended');
        assert.deepEqual(errors(), []);
        assert.deepEqual(pages().flatMap(told), [
          ['1', ['A'], true, 'compliant', null, 'other', ['anna@contoso.example']],
        ]);
      });
    }

    it('fits a canvas of 1,000 pixels, and is made of core nodes, MDM sources and a store for the sample', () => {
      assert.deepEqual(
        nodes.filter(({ x }) => x !== undefined && x > 920).map(({ name }) => name),
        [],
      );
      assert.deepEqual(
        [...new Set(nodes.map(({ type }) => type))].filter((type) => !CORE.has(type)),
        ['connector-store', 'mdm-source'],
      );
    });

    it('has a sample that reaches no node but its own MDM source, with a store of its own', () => {
      const start = idOf('inject', 'read a sample');
      const behindIt = (id: string): string[] => [
        id,
        ...((nodes.find((node) => node.id === id)?.['wires'] ?? []) as string[][]).flat().flatMap(behindIt),
      ];
      const all = behindIt(start).map((id) => nodes.find((node) => node.id === id));
      assert.deepEqual(
        all.map((node) => node?.type),
        ['inject', 'template', 'mdm-source', 'debug'],
      );
      const [, , source] = all;
      const real = nodes.find(({ type, name }) => type === 'mdm-source' && name === example.source);
      assert.equal(source?.['preset'], real?.['preset']);
      assert.equal(source?.['store'], nodes.find(({ type }) => type === 'connector-store')?.id);
      assert.equal(real?.['store'], '');
    });
  });
}
