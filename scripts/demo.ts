/**
 * `npm run demo`: the phones play once, headless, through Node-RED and the real wires.
 * On a terminal a table that fills, elsewhere a timeline; with `--json` one JSON line. Exit code 0 only if every phone ends as it
 * must.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_RULES } from '../src/access/rules.ts';
import type { EasRecord } from '../src/model/records.ts';
import type { Organization } from '../src/lab/organization.ts';
import { Phone } from '../src/lab/phones.ts';
import type { PhoneStep, StepNumber } from '../src/lab/phones.ts';
import { EXCLUDED_GROUP, PHONE_STORIES } from '../src/lab/phone-stories.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import { readCommandLine, refuseCommandLine } from './command-line.ts';
import { startConnector } from './connector-run.ts';
import { delaysBetween, summaryOf } from './demo/delays.ts';
import { Observed, observeChange, phoneAt } from './demo/observed.ts';
import { boardTeller, plainTeller } from './demo/tellers.ts';
import type { Teller } from './demo/tellers.ts';

/** A demo that is not done by then has failed. */
const LIMIT_MS = 180_000;
const MAX_SYNCS = 30;
/** Between these, new phones are read alone, as the example does it. */
const SYNCS_OF_A_READING = 4;
/** A lab phone's owner is quick. */
const PAUSE_MS = 15;

const USAGE = `
npm run demo -- [--json] [--auth basic|ntlm] [--verbose]

${PHONE_STORIES.length} phones play once against the lab. On a terminal they are a table that fills as it happens, elsewhere a timeline.
Exit code 0 only if all end as they must. NO_COLOR=1 leaves the colors out.

  --json        the result as one JSON line; the timeline goes to stderr
  --auth NAME   how the connector signs in to Exchange: basic (default) or ntlm
  --verbose     Node-RED's own log too, and the timeline on a terminal too
`;
const { values: options } = readCommandLine(USAGE, {
  json: { type: 'boolean', default: false },
  auth: { type: 'string', default: 'basic' },
  verbose: { type: 'boolean', default: false },
});
if (!['basic', 'ntlm'].includes(options.auth)) refuseCommandLine('--auth takes basic or ntlm.', USAGE);
const began = Date.now();
const observed = new Map(PHONE_STORIES.map((story) => [story.id, new Observed(story)]));
const teller = tellerOf([...observed.values()]);

const stop = new AbortController();
const limit = setTimeout(() => stop.abort(new Error(`The demo was not done within ${LIMIT_MS / 1000} s.`)), LIMIT_MS);
const userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-demo-'));
const clock = { sync: 0 };

const tell = (step: PhoneStep): void => {
  if (observed.get(step.phone)?.step(step) === true) teller.step(step);
};

/**
 * | stdout is a terminal | --json | --verbose | TERM is dumb | told |
 * |---|---|---|---|---|
 * | yes | no | no | no | as a table |
 * | otherwise | | | | line by line; with --json on stderr |
 */
function tellerOf(phones: readonly Observed[]): Teller {
  const { stdout, stderr, env } = process;
  if (stdout.isTTY && !options.json && !options.verbose && env['TERM'] !== 'dumb')
    return boardTeller(phones, began, stdout);
  const out = options.json ? stderr : stdout;
  return plainTeller(phones, began, (line) => void out.write(`${line}\n`), options.json);
}

async function play(): Promise<string[]> {
  teller.progress('Starting the simulated Exchange, MDM and mailboxes …');
  const lab = await startLab({ auth: options.auth === 'ntlm' ? 'ntlm' : 'basic', moreMdms: true });
  const { organization } = lab;
  peopleOfOtherMdms(organization);
  // The second tenant answers late.
  lab.moreMdms?.secondTenant.faults.add({ kind: 'throttle', retryAfter: '1' });
  const syncWaiters = new Set<{ began: boolean; resolve: () => void }>();
  const findByDevice = (easId: string, address: string | null): Observed | undefined =>
    phoneAt(observed.values(), organization.domain, easId, address);
  const step = (seen: Observed, number: StepNumber, text: string): void =>
    tell({ phone: seen.story.id, step: number, at: new Date().toISOString(), text });

  organization.setMaxListeners(0);
  const watch = { phones: observed, domain: organization.domain, sync: () => clock.sync, step };
  organization.on('change', (change) => observeChange(change, watch));
  teller.progress('Starting Node-RED with the example …');
  const excluded = organization.addGroup({ name: EXCLUDED_GROUP });
  const connector = await startConnector({
    lab,
    rules: DEFAULT_RULES.map((rule) =>
      rule.code === 'excluded-group' ? { ...rule, when: [{ field: 'group', in: [excluded.id] }] } : rule,
    ),
    userDir,
    port: 0,
    quickSeconds: 0,
    quiet: !options.verbose,
    onEasRecords: (records: readonly EasRecord[]) => {
      for (const record of records) {
        const seen = findByDevice(record.easId, record.mailbox.address);
        if (seen !== undefined) step(seen, 2, `EAS record read: ${record.access.state} (${record.access.reason})`);
      }
    },
    onDevices: (devices) => {
      for (const device of devices) {
        const seen = device.eas === undefined ? undefined : findByDevice(device.eas.easId, device.eas.mailbox.address);
        if (seen === undefined || device.eas === undefined) continue;
        seen.device(device);
        if (device.status !== 'eas/mdm') continue;
        step(seen, 6, device.match.evidence[0] ?? 'EAS and MDM record merged');
        if (device.eas.access.state === 'allowed') step(seen, 7, 'merged, and Exchange allows it');
      }
    },
    onDecision: ({ device, decision }) => {
      const seen = device.eas === undefined ? undefined : findByDevice(device.eas.easId, device.eas.mailbox.address);
      if (seen !== undefined) seen.blockedFor = decision.action === 'block' ? decision.reason.code : null;
    },
    onSyncEnd: () => {
      for (const waiter of syncWaiters) {
        if (!waiter.began) continue;
        syncWaiters.delete(waiter);
        waiter.resolve();
      }
    },
  });
  try {
    teller.progress(
      `Lab and Node-RED are up after ${((Date.now() - began) / 1000).toFixed(1)} s. ${PHONE_STORIES.length} phones, seven steps:`,
    );
    const world = {
      organization,
      signal: stop.signal,
      fetch: (url: string, init?: RequestInit) => fetch(url, { ...init, signal: stop.signal }),
      pause: () => new Promise<void>((resolve) => setTimeout(resolve, PAUSE_MS)),
      nextSync: () => new Promise<void>((resolve) => syncWaiters.add({ began: false, resolve })),
      tell,
    };
    const phones = PHONE_STORIES.map((story) => new Phone(story, world));
    for (const phone of phones) phone.moveIn();
    let playing = phones.length;
    const stories = Promise.all(phones.map((phone) => phone.story.play(phone).finally(() => (playing -= 1))));
    const aborted = new Promise<never>((_resolve, reject) => {
      stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Error), { once: true });
    });
    stories.catch((error: unknown) => stop.abort(error));
    for (let syncs = 0; playing > 0 && syncs < MAX_SYNCS; syncs += 1) {
      for (const waiter of syncWaiters) waiter.began = true;
      const kind = syncs === 0 ? 'full sync' : syncs % SYNCS_OF_A_READING === 0 ? 'quick sync' : 'new phones';
      clock.sync = syncs + 1;
      teller.sync(clock.sync, phones.length - playing);
      await Promise.race([connector.sync(kind), aborted]);
      await Promise.race([world.pause(), aborted]);
    }
    if (playing > 0) throw new Error(`After ${MAX_SYNCS} syncs ${playing} phones still wait.`);
    await Promise.race([stories, aborted]);
    // One sync that settles what the phones did last, then one with nothing changed.
    await Promise.race([connector.sync('quick sync'), aborted]);
    const before = idleMark(organization);
    await Promise.race([connector.sync('full sync'), aborted]);
    const after = idleMark(organization);
    return after === before ? [] : [`A sync with nothing changed was not idle: ${before} before, ${after} after.`];
  } finally {
    await connector.stop();
    await lab.close();
  }
}

/** An MDM without any device is not believed. */
function peopleOfOtherMdms(organization: Organization): void {
  for (const mdm of ['second-tenant', 'jamf'] as const)
    organization.enroll({
      mdm,
      upn: `somebody@${mdm}.example`,
      platform: 'ios',
      name: 'iPhone of somebody else',
      model: 'iPhone 15',
      serial: `F2L${mdm.toUpperCase()}`,
    });
}

function idleMark(organization: {
  writes: readonly unknown[];
  inbox(address: string): readonly unknown[];
  domain: string;
}): string {
  const mails = PHONE_STORIES.reduce(
    (sum, { owner }) => sum + organization.inbox(`${owner.alias}@${organization.domain}`).length,
    0,
  );
  return `${organization.writes.length} writes and ${mails} mails`;
}

process.once('exit', () => {
  teller.close();
  rmSync(userDir, { recursive: true, force: true });
});
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  process.once(signal, () => process.exit(code));

const complaints = await play().catch((error: unknown) => [
  error instanceof Error ? (error.stack ?? error.message) : String(error),
]);
clearTimeout(limit);
complaints.push(...[...observed.values()].flatMap((seen) => seen.complaints()));
const ok = complaints.length === 0;
const tookMs = Date.now() - began;
teller.end({ complaints, tookMs });
if (options.json) {
  const times = [...observed.values()].map(({ at }) => at);
  const delays = {
    block: summaryOf(delaysBetween(times, 'added', 'blocked')),
    mail: summaryOf(delaysBetween(times, 'enrolled', 'allowed')),
  };
  const phones = [...observed.values()].map((seen) => seen.outcome());
  process.stdout.write(`${JSON.stringify({ ok, tookMs, delays, phones, ...(ok ? {} : { complaints }) })}\n`);
}
process.exitCode = ok ? 0 : 1;
