/** The door to the store for code that must load on every Node.js the package runs on. */
import { ConnectorError } from '../errors.ts';
import type { OpenStoreOptions, Store } from './store.ts';

/** First Node.js whose node:sqlite needs no flag, and which lets CommonJS load ES modules. */
const NEEDED: readonly [number, number] = [22, 13];

/**
 * Opens a store (see `openStore`), loading the engine only now.
 * Throws ERR_ENGINE_UNSUPPORTED on a Node.js older than 22.13, and what `openStore` throws.
 */
export async function loadStore(options: OpenStoreOptions): Promise<Store> {
  requireEngine(process.versions.node);
  const { openStore } = await import('./open-store.ts');
  return openStore(options);
}

/** Opens a store that is there to read it (see `openStoreToRead`). Throws as {@link loadStore} does. */
export async function loadStoreToRead(
  options: Pick<OpenStoreOptions, 'engine' | 'path' | 'connection'>,
): Promise<Store> {
  requireEngine(process.versions.node);
  const { openStoreToRead } = await import('./open-store.ts');
  return openStoreToRead(options);
}

/** What cares for a store: look, copy, export, cut, move; what it holds about a person. Throws ERR_ENGINE_UNSUPPORTED as {@link loadStore} does. */
export async function loadStoreCare() {
  requireEngine(process.versions.node);
  const { lookAtStore } = await import('./care/store-facts.ts');
  const { backupStore } = await import('./care/backup-store.ts');
  const { exportRows, cutAudit } = await import('./care/export-rows.ts');
  const { moveStore, planMove } = await import('./care/move-store.ts');
  const { lookForPerson, exportPerson } = await import('./care/person-data.ts');
  const { deletePerson } = await import('./care/delete-person.ts');
  return {
    lookAtStore,
    backupStore,
    exportRows,
    cutAudit,
    moveStore,
    planMove,
    lookForPerson,
    exportPerson,
    deletePerson,
  };
}

/** Throws ERR_ENGINE_UNSUPPORTED if this Node.js version ("22.12.0") has no embedded database. */
export function requireEngine(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return;
  throw new ConnectorError('ERR_ENGINE_UNSUPPORTED', `The store does not run on Node.js ${version}.`, {
    details: { version },
  });
}
