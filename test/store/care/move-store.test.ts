/** Moving a store: file to file always, file to PostgreSQL and back when there is a PostgreSQL. */
import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { moveStore, planMove } from '../../../src/store/care/move-store.ts';
import { withTables } from '../../../src/store/care/open-tables.ts';
import type { StoreAddress } from '../../../src/store/care/open-tables.ts';
import { lookAtStore } from '../../../src/store/care/store-facts.ts';
import { TABLES } from '../../../src/store/care/tables.ts';
import { openStore, openStoreToRead } from '../../../src/store/open-store.ts';
import { aReading, anMdmRecord, emptySchema, inFolder, readWhole } from '../records.ts';
import { fill, tamper } from './filled-store.ts';

const SERVER = process.env['CONNECTOR_TEST_POSTGRES'];
const NOW = Date.parse('2026-06-02T10:00:00.000Z');
const options = { now: NOW };

type Kind = 'file' | 'PostgreSQL';
type Place = (name: string) => Promise<StoreAddress>;
const WAYS: readonly (readonly [Kind, Kind])[] =
  SERVER === undefined
    ? [['file', 'file']]
    : [
        ['file', 'file'],
        ['file', 'PostgreSQL'],
        ['PostgreSQL', 'file'],
      ];

function placeIn(folder: string, kind: Kind): Place {
  return async (name) =>
    kind === 'file'
      ? { engine: 'sqlite', path: join(folder, `${name}.sqlite`) }
      : { engine: 'postgres', connection: await emptySchema(SERVER ?? '') };
}

for (const [from, to] of WAYS) {
  describe(`moving a store from a ${from} to a ${to}`, () => {
    const between = (
      work: (places: { source: StoreAddress; target: StoreAddress; folder: string }) => Promise<void>,
    ): Promise<void> =>
      inFolder(async (folder) => {
        const [source, target] = [await placeIn(folder, from)('old'), await placeIn(folder, to)('new')];
        const store = await openStore(source);
        await fill(store);
        await store.close();
        await work({ source, target, folder });
      });

    it('moves every row of every table, id and link secret, and goes on with the numbers', () =>
      between(async ({ source, target }) => {
        const old = await openStore(source);
        await old.audit.append([{ ...(await old.audit.recent())[0]!, what: 'last' }]);
        const [id, secret, audit] = [old.id, old.linkSecret, await old.audit.recent()];
        await readWhole(
          old,
          'b',
          Array.from({ length: 1203 }, (_, n) => anMdmRecord(String(n))),
        );
        await old.close();
        const steps = new Set<string>();
        const move = await moveStore(source, target, {
          ...options,
          moving: (step, table) => steps.add(`${step} ${table}`),
        });
        assert.deepEqual(
          [move.found, move.tables.map(({ name }) => name), move.tables.filter(({ rows }) => rows === 0)],
          ['nothing', TABLES.slice(1).map(({ name }) => name), []],
        );
        assert.ok(steps.has('copying records') && steps.has('comparing audit'));
        const store = await openStore(target);
        assert.deepEqual([store.id, store.linkSecret, await store.audit.recent()], [id, secret, audit]);
        assert.equal((await store.snapshots.latest('mdm', 'intune'))?.count, 1203);
        await store.audit.append([{ ...audit[0]!, what: 'after the move' }]);
        await readWhole(store, 'c', [anMdmRecord('1')]);
        assert.deepEqual(
          (await store.audit.recent({ limit: 2 })).map(({ what }) => what),
          ['after the move', 'last'],
        );
        await store.close();
        const facts = await lookAtStore(target);
        assert.deepEqual([facts.isIncomplete, facts.content?.unguarded], [false, []]);
      }));

    it('keeps the number of a row that is gone by now, so that it is not given twice', () =>
      between(async ({ source, target }) => {
        const old = await openStore(source);
        await old.announcements.settle('a1');
        await old.close();
        await moveStore(source, target, options);
        await withTables(target, 'write', async ({ database, care }) => {
          assert.equal(await care.lastNumber(database, 'announcements'), 1);
        });
      }));

    it('says in a dry run what would go, and changes nothing', () =>
      between(async ({ source, target }) => {
        const plan = await planMove(source, target, options);
        assert.deepEqual(
          [plan.found, plan.inUse, plan.tables.find(({ name }) => name === 'audit')?.rows],
          ['nothing', null, 3],
        );
        assert.equal((await planMove(source, target, options)).found, 'nothing');
      }));

    it('moves into a store that was opened and never used, and into no other', () =>
      between(async ({ source, target }) => {
        const fresh = await openStore(target);
        await fresh.close();
        assert.equal((await moveStore(source, target, options)).found, 'empty');
        await assert.rejects(moveStore(source, target, options), { code: 'ERR_STORE_NOT_EMPTY' });
        await assert.rejects(planMove(source, target, options), { code: 'ERR_STORE_NOT_EMPTY' });
      }));

    it('that was cut off leaves a store that nobody opens, and begins anew', () =>
      between(async ({ source, target }) => {
        const stop = new AbortController();
        const cutOff = moveStore(source, target, {
          ...options,
          signal: stop.signal,
          moving: (_step, table) => table === 'audit' && stop.abort(),
        });
        await assert.rejects(cutOff, { code: 'ERR_ABORTED' });
        await assert.rejects(openStore(target), { code: 'ERR_STORE_INCOMPLETE' });
        await assert.rejects(openStoreToRead(target), { code: 'ERR_STORE_INCOMPLETE' });
        await assert.rejects(moveStore(target, source, options), { code: 'ERR_STORE_INCOMPLETE' });
        assert.equal((await lookAtStore(target)).isIncomplete, true);
        assert.equal((await moveStore(source, target, options)).found, 'incomplete');
        const store = await openStore(target);
        assert.equal((await store.audit.recent()).length, 3);
        await store.close();
      }));

    it('waits for whoever works with the store: a lease, or a reading that was touched a moment ago', () =>
      between(async ({ source, target }) => {
        const store = await openStore({ ...source, now: () => new Date(NOW) });
        const lease = { name: 'organization/exchange', holder: 'k', node: 'n', process: 'elsewhere/1' };
        await store.leases.take(lease, { validMs: 20_000 });
        await store.close();
        await assert.rejects(moveStore(source, target, options), {
          code: 'ERR_STORE_IN_USE',
          message: /organization\/exchange is held/,
        });
        assert.match((await planMove(source, target, options)).inUse ?? '', /held by elsewhere/);
        const again = await openStore({ ...source, now: () => new Date(NOW) });
        await again.leases.release(lease);
        await again.snapshots.begin(aReading('under way'));
        await again.close();
        await assert.rejects(moveStore(source, target, options), {
          code: 'ERR_STORE_IN_USE',
          message: /reading of intune is under way/,
        });
        await moveStore(source, target, { now: NOW + 11 * 60_000 });
      }));
  });
}

for (const kind of SERVER === undefined ? (['file'] as const) : (['file', 'PostgreSQL'] as const)) {
  describe(`moving a store in a ${kind} onto itself`, () => {
    for (const [what, isFilled] of [
      ['with rows', true],
      ['without rows', false],
    ] as const)
      it(`is refused as what it is, and leaves a store ${what} as it was`, () =>
        inFolder(async (folder) => {
          const from = await placeIn(folder, kind)('store');
          const store = await openStore(from);
          if (isFilled) await fill(store);
          await store.close();
          // The same by another name.
          const to =
            kind === 'file'
              ? { ...from, path: join(folder, 'link.sqlite') }
              : { ...from, connection: `${from.connection}&application_name=other` };
          if (kind === 'file') symlinkSync(from.path!, to.path!);
          const refusal = {
            code: 'ERR_STORE_NOT_EMPTY',
            message: /^The store to move into is the one that is moved\. /,
          };
          for (const other of [from, to]) {
            await assert.rejects(planMove(from, other, options), refusal);
            await assert.rejects(moveStore(from, other, options), refusal);
          }
          const again = await openStore(from);
          assert.equal(again.id, store.id);
          await again.close();
        }));
  });
}

describe('moving a store file', () => {
  it('is refused while anybody has it open, and lets nobody open it meanwhile', () =>
    inFolder(async (folder) => {
      const [source, target] = [join(folder, 'old.sqlite'), join(folder, 'new.sqlite')];
      const from = { engine: 'sqlite', path: source } as const;
      const to = { engine: 'sqlite', path: target } as const;
      const store = await openStore(from);
      await fill(store);
      await assert.rejects(moveStore(from, to, options), { code: 'ERR_STORE_IN_USE' });
      assert.equal((await planMove(from, to, options)).inUse, null, 'a dry run looks beside it');
      await store.close();
      let refused: unknown;
      await moveStore(from, to, {
        ...options,
        moving: () => {
          if (refused !== undefined) return;
          const other = new DatabaseSync(source);
          try {
            other.prepare('select * from meta').all();
          } catch (error) {
            refused = error;
          } finally {
            other.close();
          }
        },
      });
      assert.match(String(refused), /database is locked/);
    }));

  it('notices a row that is not what it was', () =>
    inFolder(async (folder) => {
      const [source, target] = [join(folder, 'old.sqlite'), join(folder, 'new.sqlite')];
      const from = { engine: 'sqlite', path: source } as const;
      const store = await openStore(from);
      await fill(store);
      await store.close();
      const changing = moveStore(
        from,
        { engine: 'sqlite', path: target },
        {
          ...options,
          moving: (step, table) => {
            if (step === 'copying' && table === 'audit') tamper(target, `update "settings" set "value" = '1'`);
          },
        },
      );
      await assert.rejects(changing, { code: 'ERR_STORE_COPY', message: /table settings is not what it was/ });
      await assert.rejects(openStore({ engine: 'sqlite', path: target }), { code: 'ERR_STORE_INCOMPLETE' });
    }));

  it('of another version is left to Node-RED to update first', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'old.sqlite');
      await (await openStore({ engine: 'sqlite', path })).close();
      tamper(path, `update "meta" set "value" = '1' where "name" = 'schemaVersion'`);
      const to = { engine: 'sqlite', path: join(folder, 'new.sqlite') } as const;
      await assert.rejects(moveStore({ engine: 'sqlite', path }, to, options), { code: 'ERR_STORE_VERSION' });
    }));
});
