/** "Test" of the connector store's dialog: what is entered is tested, nothing is made or changed, and a store that works goes on. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { loadStore } from '../../src/store/load-store.ts';
import { askTest, reportOf, stepsOf, UNTOUCHED } from '../support/ask-test.ts';
import type { TestAnswer } from '../support/ask-test.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';

const LINK_SECRET = 'a-secret-that-signs-links';

describe('"Test" of a connector store', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exchange-connector-store-check-'));
  });

  afterEach(async () => {
    await stopFlow();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (properties: Record<string, unknown> = {}, credentials: Record<string, string> = {}) =>
    startFlow([{ id: 'store', type: 'connector-store', engine: 'sqlite', path: ':memory:', ...properties }], {
      store: credentials,
    });
  const file = () => join(folder, 'connector.sqlite');
  const ask = (flow: RunningFlow, fields: object, credentials: object = {}, id = 'new'): Promise<TestAnswer> =>
    askTest(flow, 'connector-store', { id, fields: { name: '', engine: 'sqlite', path: '', ...fields }, credentials });
  const made = async (): Promise<void> => (await loadStore({ engine: 'sqlite', path: file() })).close();
  /** Of the file alone, not of a disk that happens to be full. */
  const withoutRoom = (answer: TestAnswer): string[] => stepsOf(answer).filter((step) => !/ Room: /.test(step));

  it('says that a file can be made where none is, and makes none', async () => {
    const answer = await ask(await start(), { path: file() });
    assert.deepEqual(withoutRoom(answer), [
      'ok Engine: there',
      'ok Folder: there',
      'ok File: none yet',
      'ok Store: none yet, it will be made',
      'ok Writing: possible',
      'ok Secrets: usable',
    ]);
    assert.deepEqual(readdirSync(folder), []);
    assert.deepEqual(
      answer.lines.flatMap(({ step }) => (step === undefined ? [] : [step.title])),
      reportOf(answer).children.map(({ title }) => title),
    );
    assert.match(reportOf(answer).children[0]?.seen ?? '', /^Node\.js \d+\.\d+\.\d+ has SQLite 3\./);
    assert.ok(
      reportOf(answer).children.some(({ title, seen }) => title.startsWith('Room') && /MiB are free/.test(seen)),
    );
  });

  it('says that a store is of this version, and leaves every byte of it', async () => {
    await made();
    const before = readFileSync(file());
    const answer = await ask(await start(), { path: file() });
    assert.deepEqual(withoutRoom(answer).slice(2, 5), [
      'ok File: there',
      'ok Store: of this version',
      'ok Writing: possible',
    ]);
    assert.deepEqual([readFileSync(file()).equals(before), readdirSync(folder)], [true, ['connector.sqlite']]);
  });

  it('does not disturb the store that this runtime works with', async () => {
    const store = await loadStore({ engine: 'sqlite', path: file() });
    try {
      await store.settings.set('test', { seen: 1 });
      const flow = await start();
      assert.ok(stepsOf(await ask(flow, { path: file() })).includes('ok Writing: possible'));
      await store.settings.set('test', { seen: 2 });
      assert.deepEqual(await store.settings.get('test'), { seen: 2 });
      // Its own locks are still held: another connection sees what was written, and no damage.
      const other = new DatabaseSync(file());
      assert.equal(other.prepare('pragma integrity_check').get()?.['integrity_check'], 'ok');
      other.close();
    } finally {
      await store.close();
    }
  });

  it('says what is older and newer, and migrates nothing', async () => {
    await made();
    const flow = await start();
    for (const [version, step] of [
      ['1', 'warning Store: of an older version'],
      ['9999', 'error Store: of a newer version'],
      ['x', 'error Store: not readable'],
    ] as const) {
      const database = new DatabaseSync(file());
      database.prepare(`update meta set value = ? where name = 'schemaVersion'`).run(version);
      database.close();
      assert.equal(stepsOf(await ask(flow, { path: file() }))[3], step);
      const after = new DatabaseSync(file(), { readOnly: true });
      assert.equal(after.prepare(`select value from meta where name = 'schemaVersion'`).get()?.['value'], version);
      after.close();
    }
  });

  it('says what is another program’s, what is no database, and what is no file', async () => {
    const flow = await start();
    const foreign = new DatabaseSync(file());
    foreign.exec('create table others (id integer)');
    foreign.close();
    assert.equal(stepsOf(await ask(flow, { path: file() }))[3], 'error Store: of another program');
    const text = join(folder, 'notes.txt');
    writeFileSync(text, 'This is no database. '.repeat(100));
    assert.equal(stepsOf(await ask(flow, { path: text }))[3], 'error Store: not readable');
    mkdirSync(join(folder, 'sub'));
    const noFile = await ask(flow, { path: join(folder, 'sub') });
    assert.equal(stepsOf(noFile)[2], 'error File: no file');
    assert.equal(stepsOf(noFile)[4], 'skipped Writing: not reached');
    assert.equal(readFileSync(text, 'utf8').slice(0, 20), 'This is no database.');
  });

  it('says that the journal of a store lies where its file is gone, which no new one is made beside', async () => {
    const flow = await start();
    writeFileSync(`${file()}-wal`, 'a journal');
    const report = await ask(flow, { path: file() });
    assert.equal(stepsOf(report)[2], 'error File: gone, its journal is there');
    assert.equal(stepsOf(report)[3], 'skipped Store: not reached');
    assert.equal(reportOf(report).children[2]?.command, `ls -l ${folder}`);
    assert.equal(existsSync(file()), false);
  });

  it('says that the journal beside a store is that of another file, in whose place it was put, and lets neither touch the other', async () => {
    const flow = await start();
    await made();
    const copy = join(folder, 'copy.sqlite');
    const reads = new DatabaseSync(file(), { readOnly: true });
    reads.prepare('vacuum into ?').run(copy);
    reads.close();
    writeFileSync(`${copy}-wal`, 'a journal');
    const before = readFileSync(copy);
    const answer = await ask(flow, { path: copy });
    assert.equal(stepsOf(answer)[2], 'error File: another file’s journal beside it');
    assert.equal(stepsOf(answer)[3], 'skipped Store: not reached');
    assert.equal(reportOf(answer).children[2]?.command, `mv ${copy}-wal ${copy}-wal.old`);
    assert.deepEqual([readFileSync(copy), readFileSync(`${copy}-wal`, 'utf8')], [before, 'a journal']);
  });

  it('says that a folder is not there, with the command that makes it', async () => {
    const flow = await start();
    const wanted = join(folder, "it's not", 'connector.sqlite');
    const step = reportOf(await ask(flow, { path: wanted })).children[1];
    assert.deepEqual(
      [step?.status, step?.title, step?.command],
      ['error', 'Folder: there is none', String.raw`mkdir -p '${folder}/it'\''s not'`],
    );
    assert.equal(existsSync(join(folder, "it's not")), false);
  });

  it('takes an address and secrets of the environment before it is deployed, and tells no password of them', async () => {
    process.env['EAS_TEST_STORE'] = 'postgres://connector:pass%20word-of-it@127.0.0.1:1/none';
    process.env['EAS_TEST_LINK_SECRET'] = LINK_SECRET;
    const flow = await start();
    const answer = await ask(
      flow,
      { engine: 'postgres' },
      { connection: '${EAS_TEST_STORE}', linkSecret: '${EAS_TEST_LINK_SECRET}' },
    );
    assert.equal(answer.status, 200);
    assert.ok(
      stepsOf(answer).some((step) => step.startsWith('error')),
      'nobody listens there',
    );
    for (const secret of ['pass%20word-of-it', 'pass word-of-it', LINK_SECRET])
      assert.ok(!answer.text.includes(secret));
    process.env['EAS_TEST_FILE'] = file();
    const made = await ask(flow, { path: '${EAS_TEST_FILE}' });
    assert.ok(stepsOf(made).includes('ok File: none yet'));
    assert.ok(!made.text.includes(file()), 'it is written as in the dialog');
  });

  it('says that a folder cannot be written', async () => {
    // Not even root makes files in this one.
    const answer = await ask(await start(), { path: '/proc/connector.sqlite' });
    const refused = stepsOf(answer).filter((step) => step.startsWith('error'));
    assert.ok(
      ['error Writing: not possible', 'error Folder: not open to Node-RED'].includes(refused[0] ?? ''),
      stepsOf(answer).join('\n'),
    );
  });

  it('says that others may read the file', async () => {
    await made();
    chmodSync(file(), 0o644);
    const step = reportOf(await ask(await start(), { path: file() })).children[2];
    assert.deepEqual([step?.status, step?.command], ['warning', `chmod 600 ${file()}`]);
  });

  it('says that another process keeps it locked, and waits for it no longer than a moment', async () => {
    await made();
    const other = new DatabaseSync(file());
    other.exec('begin immediate');
    try {
      const answer = await ask(await start(), { path: file() });
      assert.equal(withoutRoom(answer)[4], 'error Writing: another process keeps it locked');
      assert.equal(reportOf(answer).children[4]?.code, 'ERR_STORE_BUSY');
    } finally {
      other.exec('rollback');
      other.close();
    }
  });

  it('warns of a store in memory, and of secrets that are too short, and repeats none', async () => {
    const flow = await start({}, { linkSecret: LINK_SECRET });
    const answer = await ask(flow, { path: ':memory:' }, { linkSecret: 'short-one', metricsToken: '' });
    assert.deepEqual(stepsOf(answer), [
      'ok Engine: there',
      'warning File: none: all is forgotten with a restart',
      'error Secrets: too short',
    ]);
    assert.equal(answer.text.includes('short-one'), false);
    const stored = await ask(flow, { path: ':memory:' }, { linkSecret: UNTOUCHED, metricsToken: '' }, 'store');
    assert.equal(stepsOf(stored)[2], 'ok Secrets: usable');
    assert.equal(stored.text.includes(LINK_SECRET), false);
  });

  it('says of a PostgreSQL address what is wrong with it, and never its password', async () => {
    const flow = await start({ engine: 'postgres' }, { connection: 'postgres://x:Stored-Secret@127.0.0.1:1/db' });
    const postgres = (connection: string, id = 'new') => ask(flow, { engine: 'postgres' }, { connection }, id);
    for (const [connection, step] of [
      ['not an address', 'error Connection: no address of a database'],
      ['https://u:Typed-Secret@contoso.example/db', 'error Connection: no address of a database'],
      ['postgres://u:Typed-Secret@127.0.0.1:1/db', 'error Connection: refused or not answered'],
      ['postgres://u:Typed-Secret@db.invalid/db', 'error Connection: the server’s name is not known here'],
    ] as const) {
      const answer = await postgres(connection);
      assert.equal(stepsOf(answer)[1], step);
      assert.deepEqual(
        [
          /Typed-Secret/.test(answer.text),
          stepsOf(answer)
            .slice(2, 6)
            .every((one) => /not reached/.test(one)),
        ],
        [false, true],
      );
    }
    const stored = await postgres(UNTOUCHED, 'store');
    assert.deepEqual(
      [stepsOf(stored)[1], /Stored-Secret/.test(stored.text)],
      ['error Connection: refused or not answered', false],
    );
  });
});
