/**
 * `npm start`: the lab, Node-RED with the example deployed, and phones at work. Nothing leaves loopback.
 * PORT overrides 1880. The flow in .node-red is seeded once and then yours.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PhoneStep } from '../src/lab/phones.ts';
import { Phone } from '../src/lab/phones.ts';
import { WORKFLOW_STORIES, storyOfWave } from '../src/lab/phone-stories.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import { readCommandLine } from './command-line.ts';
import { startConnector } from './connector-run.ts';
import { root } from './node-red.ts';

const QUICK_SECONDS = 5;
const PAUSE_MS = 4_000;
/** After one set of phones has settled, the next people come after this long. */
const BETWEEN_WAVES_MS = 60_000;
const MAX_WAVES = 50;

readCommandLine(
  `
npm start

The lab, Node-RED with the example deployed, and phones at work. Takes no arguments (--help alone is known), but variables:

  PORT                port of the flow editor; default 1880, 0 takes any that is free
  NODE_RED_USER_DIR   where the flow is kept; default .node-red in this folder
`,
  {},
);

const userDir = process.env['NODE_RED_USER_DIR'] ?? join(root, '.node-red');
const port = Number(process.env['PORT'] ?? 1880);

// The lab's organization is new at every start; what the connector remembers of the last one would not fit it.
for (const suffix of ['', '-wal', '-shm']) rmSync(join(userDir, `exchange-connector.sqlite${suffix}`), { force: true });

const stop = new AbortController();
const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });

const lab = await startLab({ mdmApis: true });
lab.organization.setMaxListeners(0);
const connector = await startConnector({ lab, userDir, port, quickSeconds: QUICK_SECONDS }).catch(
  async (error: unknown) => {
    await lab.close();
    const busy = (error as { code?: string }).code === 'EADDRINUSE';
    say(busy ? `Port ${port} is in use. Choose another: PORT=1881 npm start` : String(error));
    process.exit(1);
  },
);

say(`
The connector runs, against a simulated organization (contoso.example) on this machine.

  Flow editor   ${connector.nodeRed.url}/      open it: the tab "Exchange connector" is the workflow
  Mailboxes     ${lab.mailboxes.url}      read what the users read; the links in the mails work
  Exchange      ${lab.exchange.url}
  Graph         ${lab.graph.url}
  Other MDMs    Import → Examples → 05 to 08 read the same phones from Workspace ONE UEM, Jamf Pro, MaaS360 and a CSV file

${WORKFLOW_STORIES.length} people set up their phones now. A quick sync runs every ${QUICK_SECONDS} seconds. Ctrl-C ends everything.
`);

const tell = ({ phone, text }: PhoneStep): void =>
  say(`${new Date().toLocaleTimeString('en-GB')}  ${phone.padEnd(22)} ${text}`);
lab.organization.on('change', (change) => {
  const time = new Date().toLocaleTimeString('en-GB');
  if (change.type === 'access' && change.from.state !== 'unknown') {
    say(
      `${time}  ${change.partnership.mailbox.displayName.padEnd(22)} ${change.partnership.model}: ${change.from.state} → ${change.to.state}`,
    );
  }
  if (change.type === 'mail')
    say(`${time}  ${change.mailbox.displayName.padEnd(22)} gets a mail: "${change.message.subject}"`);
});

const world = {
  organization: lab.organization,
  signal: stop.signal,
  fetch: (url: string, init?: RequestInit) => fetch(url, { ...init, signal: stop.signal }),
  pause: () => sleep(PAUSE_MS * (0.5 + Math.random())),
  nextSync: () => sleep(QUICK_SECONDS * 2_500),
  tell,
};

async function playWaves(): Promise<void> {
  for (let wave = 1; wave <= MAX_WAVES && !stop.signal.aborted; wave += 1) {
    const phones = WORKFLOW_STORIES.map((story) => new Phone(storyOfWave(story, wave), world));
    for (const phone of phones) phone.moveIn();
    await Promise.all(
      phones.map(async (phone) => {
        await world.pause();
        await phone.story.play(phone).catch((error: unknown) => {
          if (!stop.signal.aborted) say(`${phone.story.id}: ${error instanceof Error ? error.message : String(error)}`);
        });
      }),
    );
    if (!stop.signal.aborted) say('All phones have settled. The next people come in a minute.');
    await sleep(BETWEEN_WAVES_MS);
  }
}

let stopping = false;
async function end(): Promise<void> {
  if (stopping) return;
  stopping = true;
  stop.abort();
  say('\nStopping…');
  await connector.stop();
  await lab.close();
  process.exit(0);
}
process.on('SIGINT', () => void end());
process.on('SIGTERM', () => void end());
await playWaves();
