/**
 * `npm run lab`: the lab's servers alone, for any foreign client. `--json` prints one line of JSON, `--phones N` makes a
 * larger organization. Stops on SIGTERM or Ctrl-C and leaves nothing behind.
 */
import { seedOrganization } from '../src/lab/seed-organization.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import { mdmApisEnvironment } from './mdm-apis.ts';
import { readCommandLine, refuseCommandLine } from './command-line.ts';

const USAGE = `
npm run lab -- [--json] [--phones N] [--auth basic|ntlm] [--balancer affinity|no-affinity] [--forest one|two]

The simulated servers alone, on loopback, for any client: Exchange, Graph and its sign-in, mail, DNS, and the APIs of Workspace
ONE UEM, Jamf Pro and MaaS360 and a CSV file with the same phones. Ctrl-C stops them.

  --json        addresses, accounts and the CA as one JSON line. "environment": what the examples 05 to 08 take out of the
                environment of Node-RED
  --phones N    how many phones the organization has; default 12
  --auth NAME   the sign-in that is told: basic (default) or ntlm; Exchange takes both
  --balancer KIND  affinity (default): a cookie keeps a client with one of the two Exchange servers; no-affinity:
                each request goes to the next server, as behind a balancer without session persistence
  --forest KIND one (default): every mailbox is in the servers' domain; two: every second one is in a child domain, which
                a session sees only after Set-ADServerSettings -ViewEntireForest $true. --json names the domains
`;
const { values: options } = readCommandLine(USAGE, {
  json: { type: 'boolean', default: false },
  phones: { type: 'string', default: '12' },
  auth: { type: 'string', default: 'basic' },
  balancer: { type: 'string', default: 'affinity' },
  forest: { type: 'string', default: 'one' },
});
const phones = Number(options.phones);
if (!Number.isInteger(phones) || phones < 0) refuseCommandLine('--phones takes a whole number.', USAGE);
if (!['basic', 'ntlm'].includes(options.auth)) refuseCommandLine('--auth takes basic or ntlm.', USAGE);
if (!['affinity', 'no-affinity'].includes(options.balancer))
  refuseCommandLine('--balancer takes affinity or no-affinity.', USAGE);
if (!['one', 'two'].includes(options.forest)) refuseCommandLine('--forest takes one or two.', USAGE);

const organization = seedOrganization({
  phones,
  ...(options.forest === 'two' && { otherDomains: ['emea.contoso.example'] }),
});
const lab = await startLab({
  organization,
  auth: options.auth === 'ntlm' ? 'ntlm' : 'basic',
  offers: ['basic', 'ntlm'],
  mdmApis: true,
  ...(options.balancer === 'no-affinity' && { affinity: 'none' }),
});
const { exchange, graph, authority, smtp, mailboxes, autodiscover, dns, caFile } = lab;
const { domains } = organization.directory;
const environment = mdmApisEnvironment(lab);
const facts = { exchange, graph, authority, smtp, mailboxes, autodiscover, dns, domains, ca: caFile, environment };
if (options.json) {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
} else {
  process.stdout.write(
    `The lab runs with ${phones} phones. Trust ${caFile} to talk to it. A Node-RED that is started with the variables of\n"environment" reads it with the examples 05 to 08.\n\n${JSON.stringify(facts, null, 2)}\n\nCtrl-C stops it.\n`,
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
