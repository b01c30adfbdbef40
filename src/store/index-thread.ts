/**
 * Makes an index of an SQLite file in a thread of its own: SQLite sorts all rows in one statement, seconds for a million, and
 * whoever ran it would do nothing else.
 */
import { Worker } from 'node:worker_threads';
import { ConnectorError } from '../errors.ts';

/** How long it waits for another process to finish a write; nobody of this one waits with it. */
const PATIENCE_MS = 30_000;

/** As text: a file of its own would be another one in dist than here. */
const CODE = `
  const { workerData } = require('node:worker_threads');
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(workerData.path);
  database.exec(workerData.statements);
  database.close();
`;

/**
 * Runs a statement on the file; no other connection of this process may write meanwhile.
 * Rejects with ERR_STORE_WRITE; nothing is made then.
 */
export async function runInThread(path: string, statement: string): Promise<void> {
  const statements = `pragma busy_timeout = ${PATIENCE_MS}; pragma synchronous = full; ${statement}`;
  const worker = new Worker(CODE, {
    eval: true,
    workerData: { path, statements },
    // SQLite of Node.js calls itself experimental once a thread.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: {},
    // It has one statement to hold.
    resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 },
  });
  await new Promise<void>((resolve, reject) => {
    worker.once('error', (error: Error) => {
      reject(new ConnectorError('ERR_STORE_WRITE', `The store failed: ${error.message}.`, { cause: error }));
    });
    worker.once('exit', () => resolve());
  });
}
