/** Records and stores for the tests of the store. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { easRecordKey, mdmRecordKey } from '../../src/model/keys.ts';
import type { EasRecord, MdmRecord } from '../../src/model/records.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { OpenStoreOptions, SnapshotSync, Store } from '../../src/store/store.ts';

const MAILBOX = '7f3c1a52-0000-4000-8000-00000000000a';

export function anEasRecord(easId: string, state: EasRecord['access']['state'] = 'allowed'): EasRecord {
  return {
    kind: 'eas',
    key: easRecordKey('contoso', MAILBOX, easId),
    organization: 'contoso',
    easId,
    mailbox: {
      id: MAILBOX,
      upn: 'anna@contoso.example',
      address: 'anna@contoso.example',
      displayName: 'Anna',
      addresses: [],
    },
    device: {
      type: 'iPhone',
      model: 'iPhone15C2',
      os: 'iOS 17.2',
      userAgent: null,
      friendlyName: null,
      imei: null,
      clientType: 'EAS',
      protocolVersion: '16.1',
    },
    access: { state, reason: 'global', listed: null },
    firstSyncAt: '2026-05-03T08:00:00.000Z',
    lastSyncAt: null,
  };
}

export function anMdmRecord(id: string, name: string | null = null, source = 'intune'): MdmRecord {
  return {
    kind: 'mdm',
    key: mdmRecordKey(source, id),
    source,
    id,
    easIds: [`EAS${id}`],
    user: { id: null, upn: 'anna@contoso.example', addresses: ['anna@contoso.example'] },
    device: {
      name,
      platform: 'ios',
      os: 'iOS',
      osVersion: '17.2',
      manufacturer: 'Apple',
      model: 'iPhone 15',
      serial: null,
      imeis: [],
    },
    managed: true,
    compliance: 'compliant',
    complianceReason: 'compliant',
    graceUntil: null,
    enrolledAt: '2026-05-03T09:00:00.000Z',
    lastSeenAt: null,
  };
}

export function aReading(
  id: string,
  kind: 'full' | 'quick' = 'full',
  scope = 'intune',
): SnapshotSync & { page: number } {
  return {
    id,
    source: scope === 'contoso' ? 'eas' : 'mdm',
    kind,
    scope,
    startedAt: '2026-05-04T00:00:00.000Z',
    page: 0,
  };
}

/** A whole reading of one page, committed. */
export async function readWhole(
  store: Store,
  id: string,
  records: readonly (EasRecord | MdmRecord)[],
  kind: 'full' | 'quick' = 'full',
) {
  const sync = aReading(id, kind, records[0]?.kind === 'eas' ? 'contoso' : 'intune');
  await store.snapshots.begin(sync);
  await store.snapshots.putPage(sync, records);
  return store.snapshots.commit(sync);
}

/** Everything `read` yields, as one list. */
export async function allOf<T>(pages: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

/**
 * A new, empty store: in memory, or, when CONNECTOR_TEST_POSTGRES holds the URL of a server (and `pg` is installed), in a
 * schema of its own there.
 */
export async function openEmptyStore(options: Pick<OpenStoreOptions, 'now'> = {}): Promise<Store> {
  const server = process.env['CONNECTOR_TEST_POSTGRES'];
  if (server === undefined) return openStore({ engine: 'sqlite', path: ':memory:', ...options });
  const schema = `test_${randomUUID().replaceAll('-', '')}`;
  const name: string = 'pg';
  const { default: pg } = (await import(name)) as { default: { Client: new (url: string) => PgClient } };
  const client = new pg.Client(server);
  await client.connect();
  await client.query(`create schema ${schema}`);
  await client.end();
  return openStore({ engine: 'postgres', connection: `${server}?options=-c%20search_path%3D${schema}`, ...options });
}

interface PgClient {
  connect(): Promise<void>;
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
}

/** Runs with an empty folder, which is removed afterwards. */
export async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'connector-store-'));
  try {
    await act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
