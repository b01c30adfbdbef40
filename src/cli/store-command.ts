/** `exchange-connector store`: caring for the store. */
import { runActions } from './action-command.ts';
import type { CliIo } from './cli-io.ts';
import type { StoreAction } from './store-action.ts';
import { backupAction } from './store-backup.ts';
import { checkAction } from './store-check.ts';
import { exportAction } from './store-export.ts';
import { moveAction } from './store-move.ts';

const ACTIONS: Readonly<Record<string, StoreAction>> = {
  check: checkAction,
  backup: backupAction,
  export: exportAction,
  move: moveAction,
};

/** Runs the command. @param argv arguments after `store`. @returns the exit code */
export async function storeCommand(argv: readonly string[], io: CliIo): Promise<number> {
  return runActions('store', ACTIONS, argv, io);
}
