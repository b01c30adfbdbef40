/** The tables of the report of a store, walked. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import {
  judgeConnection,
  judgeFolder,
  judgeMarks,
  judgeRights,
  judgeSecrets,
  judgeSpace,
  judgeTls,
} from '../../../src/store/check/judge-store.ts';
import { overallOf, reportOf, stepOf } from '../../../src/store/check/report.ts';
import type { ReportStep } from '../../../src/store/check/report.ts';
import { STORE_WORDS, said } from '../../../src/store/check/words/words.ts';
import type { StepId } from '../../../src/store/check/words/words.ts';
import { VERDICTS } from '../../../src/store/check/verdicts.ts';
import type { Verdict } from '../../../src/store/check/verdicts.ts';

const step = (verdict: Verdict): ReportStep => {
  const part = verdict.split('.')[0] as StepId;
  return stepOf(part in STORE_WORDS.en.titles ? part : 'space', { verdict, seen: said('not-reached') }, 0, {
    secrets: [],
  });
};

describe('the table of what is found of a store', () => {
  for (const [verdict, { status, ...entry }] of Object.entries(VERDICTS))
    it(`says of ${verdict} what to do where something is to be done`, () => {
      const remedy = 'remedy' in entry ? entry.remedy : undefined;
      assert.equal(remedy !== undefined, status === 'error' || status === 'warning');
      const known = ['{folder}', '{file}', '{host}', '{port}', '{user}', '{owner}', '{database}', '{help}'];
      const used = `${remedy ?? ''} ${'command' in entry ? entry.command : ''}`.match(/\{\w+\}/g) ?? [];
      assert.deepEqual(
        used.filter((blank) => !known.includes(blank)),
        [],
      );
    });
});

describe('what is said of the store in a database', () => {
  const ours = { tables: 20, isOurs: true, version: 7, isIncomplete: false };
  for (const [marks, isShared, verdict] of [
    [{ ...ours, tables: 0, isOurs: false, version: null }, false, 'store.none'],
    [{ ...ours, isOurs: false, version: null }, false, 'store.foreign'],
    [{ ...ours, isOurs: false, version: null }, true, 'store.none'],
    [{ ...ours, isIncomplete: true }, false, 'store.incomplete'],
    [{ ...ours, version: null }, false, 'store.unreadable'],
    [{ ...ours, version: 8 }, true, 'store.newer'],
    [{ ...ours, version: 6 }, false, 'store.older'],
    [ours, false, 'store.ours'],
  ] as const)
    it(`is ${verdict} of ${JSON.stringify(marks)}${isShared ? ' beside others' : ''}`, () => {
      assert.equal(judgeMarks(marks, 7, isShared).verdict, verdict);
    });
});

describe('what is said of a disk', () => {
  const MIB = 1024 * 1024;
  for (const [free, verdict] of [
    [50 * MIB - 1, 'space.none'],
    [50 * MIB, 'space.little'],
    [1024 * MIB, 'space.enough'],
  ] as const)
    it(`is ${verdict} of ${free} free bytes`, () => {
      assert.equal(judgeSpace(free, {}).verdict, verdict);
    });

  for (const [type, verdict] of [
    [0xef53, 'folder.there'],
    [0x6969, 'folder.network'],
    [0xff534d42, 'folder.network'],
    [0xff534d42 | 0, 'folder.network'],
    [null, 'folder.there'],
  ] as const)
    it(`is ${verdict} of a file system ${type}`, () => {
      assert.equal(judgeFolder('/data', type).verdict, verdict);
    });
});

describe('what is said of a connection to PostgreSQL', () => {
  const on = { isOn: true, version: 'TLSv1.3', cipher: 'X' };
  const off = { isOn: false, version: null, cipher: null };
  for (const [isHere, tls, verdict] of [
    [false, on, 'tls.on'],
    [true, on, 'tls.on'],
    [true, off, 'tls.here'],
    [false, off, 'tls.off'],
    [true, null, 'tls.here'],
    [false, null, 'tls.untold'],
  ] as const)
    it(`is ${verdict} where TLS is ${JSON.stringify(tls)} ${isHere ? 'within this host' : 'to another host'}`, () => {
      assert.equal(judgeTls({ isHere, tls }).verdict, verdict);
    });

  for (const [code, text, verdict] of [
    ['28P01', 'password authentication failed for user "x"', 'connection.refused'],
    ['28000', 'no pg_hba.conf entry', 'connection.refused'],
    ['3D000', 'database "x" does not exist', 'connection.no-database'],
    ['53300', 'too many connections', 'connection.full'],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND', 'connection.unknown'],
    ['ECONNREFUSED', '', 'connection.closed'],
    ['', 'timeout expired', 'connection.closed'],
    ['', 'The server does not support SSL connections', 'connection.untrusted'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate', 'connection.untrusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'other name', 'connection.untrusted'],
    ['ERR_INVALID_URL', 'no address', 'connection.address'],
    ['XX000', 'internal', 'connection.failed'],
  ] as const)
    it(`is ${verdict} of ${code || text}`, () => {
      assert.equal(judgeConnection(code, text, {}).verdict, verdict);
    });

  const may = {
    isStandby: false,
    isReadOnly: false,
    schema: 'public',
    mayCreate: true,
    closed: [],
    owner: null,
    ownsTables: true,
  };
  for (const [what, facts, verdict] of [
    ['all is allowed', may, 'rights.enough'],
    ['it is a standby', { ...may, isStandby: true }, 'rights.read-only'],
    ['it is read only', { ...may, isReadOnly: true }, 'rights.read-only'],
    ['there is no schema', { ...may, schema: null }, 'rights.create'],
    ['no table can be made', { ...may, mayCreate: false }, 'rights.create'],
    ['tables are closed', { ...may, closed: ['meta'], owner: 'x' }, 'rights.tables'],
    ['tables are another’s', { ...may, owner: 'x', ownsTables: false }, 'rights.tables'],
  ] as const)
    it(`is ${verdict} where ${what}`, () => {
      assert.equal(judgeRights(facts, {}).verdict, verdict);
    });
});

describe('what is said of secrets', () => {
  for (const [secrets, verdict] of [
    [{}, 'secrets.good'],
    [{ linkSecret: '', metricsToken: 'x'.repeat(16) }, 'secrets.good'],
    [{ linkSecret: 'x'.repeat(15) }, 'secrets.short'],
  ] as const)
    it(`is ${verdict} of ${JSON.stringify(secrets)}`, () => {
      assert.equal(judgeSecrets(secrets).verdict, verdict);
    });
});

describe('what the steps of a store mean together', () => {
  for (const [steps, overall] of [
    [['engine.there', 'store.none', 'space.untold'], 'healthy'],
    [['store.older', 'space.enough'], 'warning'],
    [['folder.missing', 'not-reached', 'file.open-to-others'], 'broken'],
  ] as const)
    it(`is ${overall} of ${steps.join(', ')}`, () => {
      const all = steps.map(step);
      assert.equal(overallOf(all), overall);
      assert.equal(reportOf(all).summary.includes('look at'), overall !== 'healthy');
    });

  it('has a path as one word of a shell in its commands, or leaves it out', () => {
    const text = fc.string({ unit: fc.constantFrom("'", '"', '\\', ' ', ';', '$', '\n', '/', 'a', '`', '\u2028') });
    fc.assert(
      fc.property(text, (path) => {
        const { command = '' } = stepOf(
          'folder',
          { verdict: 'folder.missing', seen: said('not-reached'), blanks: { folder: path } },
          0,
          { secrets: [] },
        );
        const word = command.slice('mkdir -p '.length);
        assert.match(word, /^(\{folder\}|[\w./:@%+-]+|'([^']|'\\'')*')$/s);
        assert.ok(!word.includes('\n'));
      }),
    );
  });
});
