/** `exchange-connector store backup`: a copy of the store file while Node-RED works with it. */
import { sizeText } from '../connector/care/judge-store.ts';
import { ExitCode } from './cli-io.ts';
import { pgDumpCommand } from './pg-dump-command.ts';
import { safeText } from './safe-text.ts';
import type { StoreAction } from './store-action.ts';
import { counted } from './words.ts';

/** The action. */
export const backupAction: StoreAction = {
  summary: 'a copy of the store while Node-RED runs',
  usage: `Usage: exchange-connector store backup <file> [options]

Copies a store file as it is at one moment, beside a running Node-RED, into a new file that only you can read: it holds the
secret that signs links. The copy is without free space, so it may be smaller. It is looked through before the command ends.
A store of any version is copied, so before an update too.
An existing file is never overwritten. For a PostgreSQL store: prints the command of pg_dump, and copies nothing (exit code 1).
`,
  options: [],
  flags: [],
  words: ['file'],
  async run({ care, address, words: [file = ''], progress }) {
    if (address.engine === 'postgres') {
      const command = pgDumpCommand(address.connection ?? '', file);
      return {
        json: { file: null, command },
        lines: [
          'Nothing was copied: PostgreSQL has a tool of its own. Run this, with the password in PGPASSWORD or ~/.pgpass:',
          command,
        ],
        code: ExitCode.failed,
      };
    }
    progress('copying the store');
    const backup = await care.backupStore(address.path ?? '', file);
    const compared = backup.compared ? 'as many in each table as the store' : 'the store was written to meanwhile';
    return {
      json: backup,
      lines: [
        safeText(`Copied to ${backup.file}: ${sizeText(backup.bytes)} of ${sizeText(backup.storeBytes)}.`),
        `The copy is whole: no damage, ${counted(backup.rows, 'row')}, ${compared}.`,
      ],
    };
  },
};
