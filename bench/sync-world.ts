/** An access switch over a store, beside an Exchange that answers at once, and an MDM with one device. */
import { setImmediate } from 'node:timers/promises';
import type { AccessSync } from '../src/connector/sync/access-sync.ts';
import { takeForGood } from '../src/connector/sync/mdm-measures.ts';
import type { SwitchParts } from '../src/connector/sync/switch-parts.ts';
import type { SyncReport } from '../src/connector/sync/sync-report.ts';
import type { DeviceRecord } from '../src/model/records.ts';
import type { Store } from '../src/store/store.ts';
import { anEas, anMdm, guid, merged, unmatched } from '../test/support/records.ts';

const PAGE = 500;
const ORGANIZATION = 'exchange';

/**
 * @param how.percent of the devices that may be blocked at once
 * @param how.stopAtFirst nothing is tried: what asks Exchange or the MDM first is stopped
 */
export async function openBenchWorld(
  store: Store,
  { percent, stopAtFirst = false }: { readonly percent: number; readonly stopAtFirst?: boolean },
): Promise<SwitchParts> {
  const startedAt = new Date().toISOString();
  await store.sources.announce({
    nodeId: 's',
    scope: 'tenant',
    provider: 'intune',
    name: null,
    announcedAt: startedAt,
  });
  const reading = { id: `mdm ${startedAt}`, source: 'mdm', kind: 'full', scope: 'tenant', startedAt } as const;
  await store.snapshots.begin(reading);
  await store.snapshots.putPage(reading, [anMdm({ source: 'tenant' })]);
  await store.snapshots.commit(reading);
  // It is not the first one: that would be held, whatever the brake allows.
  await takeForGood(store, ORGANIZATION, [{ scope: 'tenant', count: 1 }]);
  const abort = new AbortController();
  const lists = new Map<string, { allowed: string[]; blocked: string[] }>();
  const listsOf = (id: string) => lists.get(id) ?? { allowed: [], blocked: [] };
  let id = 0;
  return {
    store,
    exchange: {
      organization: ORGANIZATION,
      lastAttempts: () => Promise.resolve([]),
      readLists: async (mailbox: string) => {
        if (stopAtFirst) abort.abort();
        return listsOf(mailbox);
      },
      write: async (mailbox: string, edit: { blocked?: { add?: readonly string[] } }) => {
        lists.set(mailbox, { allowed: [], blocked: [...listsOf(mailbox).blocked, ...(edit.blocked?.add ?? [])] });
      },
    } as unknown as SwitchParts['exchange'],
    mdms: {
      deployed: () => ['tenant'],
      port: () => {
        // The first thing that a try of an approved block asks for.
        if (stopAtFirst) abort.abort();
        return null;
      },
    },
    directory: null,
    settings: {
      mode: 'enforce',
      rules: [],
      brakePercent: percent,
      brakeCount: 0,
      brakePerDay: null,
      adoptEntries: false,
      whenMdmAway: 'leave',
      startFrom: 'strict',
      grandfatherDays: 30,
      idleDays: 30,
      tidyDays: 30,
      removeIdleDays: 0,
      removeByHand: false,
      mailFirst: true,
    },
    who: 'switch',
    name: 'switch',
    announce: () => {},
    flow: { run: 'run', hears: () => true, notifiers: () => [], storeless: () => [], untold: new Set<string>() },
    progress: () => {},
    now: Date.now,
    ids: () => `id${(id += 1)}`,
    signal: abort.signal,
  };
}

function device(n: number, isMerged: boolean): DeviceRecord {
  const address = `user${n}@contoso.example`;
  const mailbox = { id: guid(n), upn: address, address, displayName: `User ${n}`, addresses: [address] };
  const eas = anEas({ organization: ORGANIZATION, easId: `APPL${String(n).padStart(16, '0')}`, mailbox });
  return isMerged ? merged(eas, anMdm({ id: `m${n}`, source: 'tenant' })) : unmatched(eas);
}

/**
 * One sync, page by page.
 * @param isMerged whether the n-th device is one with a device of the MDM; else it is to be blocked
 */
export async function runSync(
  sync: AccessSync,
  parts: SwitchParts,
  devices: number,
  isMerged: (n: number) => boolean,
): Promise<SyncReport | null> {
  const startedAt = new Date().toISOString();
  const id = `sync ${startedAt}`;
  const pages = Math.ceil(devices / PAGE);
  for (let page = 0; page < pages; page += 1) {
    const from = page * PAGE;
    const records = Array.from({ length: Math.min(PAGE, devices - from) }, (_, n) =>
      device(from + n, isMerged(from + n)),
    );
    const kind = { kind: 'full', scope: 'all', known: null, match: null, dryRun: false } as const;
    const head = { id, ...kind, organization: ORGANIZATION, startedAt, maxAgeHours: 26 };
    const last = page === pages - 1;
    const result = await sync.page(parts, { ...head, page, last, devices: records });
    if (result.kind === 'ended') return result.report;
    await setImmediate();
  }
  return null;
}
