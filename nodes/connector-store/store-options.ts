/** What a store's properties mean. */
import { resolve } from 'node:path';
import type { Properties, RED } from '../red.ts';
import { choiceOf, textOf } from '../red.ts';

/** The credentials of the node. */
export const STORE_CREDENTIALS = {
  connection: { type: 'password' },
  linkSecret: { type: 'password' },
  metricsToken: { type: 'password' },
} as const;

export function engineOf(definition: Properties): 'sqlite' | 'postgres' {
  return choiceOf(definition, 'engine', ['sqlite', 'postgres'], 'sqlite');
}

/** A relative path is meant inside Node-RED's user directory, wherever Node-RED was started from. */
export function storePath(RED: Pick<RED, 'settings'>, definition: Properties): string {
  const path = textOf(definition, 'path', 'exchange-connector.sqlite');
  return path === ':memory:' ? path : resolve(RED.settings.userDir ?? process.cwd(), path);
}
