/**
 * `npm run lab`: the lab's servers alone, for any foreign client. `--json` prints one line of JSON, `--phones N` makes a
 * larger organization. Stops on SIGTERM or Ctrl-C and leaves nothing behind.
 */
import { parseArgs } from 'node:util';
import { seedOrganization } from '../src/lab/seed-organization.ts';
import { startLab } from '../src/lab/servers/lab.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    phones: { type: 'string', default: '12' },
    auth: { type: 'string', default: 'basic' },
  },
});
const phones = Number(options.phones);
if (!Number.isInteger(phones) || phones < 0) {
  process.stderr.write('--phones takes a whole number.\n');
  process.exit(2);
}

const organization = seedOrganization({ phones });
const lab = await startLab({
  organization,
  auth: options.auth === 'ntlm' ? 'ntlm' : 'basic',
  offers: ['basic', 'ntlm'],
});
const { exchange, graph, authority, smtp, mailboxes, autodiscover, dns, caFile } = lab;
const facts = { exchange, graph, authority, smtp, mailboxes, autodiscover, dns, ca: caFile };
if (options.json) {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
} else {
  process.stdout.write(
    `The lab runs with ${phones} phones. Trust ${caFile} to talk to it.\n\n${JSON.stringify(facts, null, 2)}\n\nCtrl-C stops it.\n`,
  );
}

let stopping = false;
const end = async (): Promise<void> => {
  if (stopping) return;
  stopping = true;
  await lab.close();
  process.exit(0);
};
process.on('SIGINT', () => void end());
process.on('SIGTERM', () => void end());
