/**
 * `npm run demo`: the phones play once, headless, through Node-RED and the real wires.
 * Prints a timeline; with `--json` one JSON line. Exit code 0 only if every phone ends as it must.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_RULES } from '../src/access/rules.ts';
import type { DeviceRecord, EasRecord } from '../src/model/records.ts';
import { foldEasId } from '../src/model/keys.ts';
import type { Organization } from '../src/lab/organization.ts';
import type { OrganizationChange } from '../src/lab/organization-change.ts';
import { Phone, writeNames } from '../src/lab/phones.ts';
import type { PhoneStep, PhoneStory, StepNumber } from '../src/lab/phones.ts';
import { EXCLUDED_GROUP, PHONE_STORIES } from '../src/lab/phone-stories.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import { readCommandLine, refuseCommandLine } from './command-line.ts';
import { startConnector } from './connector-run.ts';

/** A demo that is not done by then has failed. */
const LIMIT_MS = 55_000;
const MAX_SYNCS = 30;
/** Between these, new phones are read alone, as the example does it. */
const SYNCS_OF_A_READING = 4;
/** Minutes from one reading of new phones to the next in the example. */
const MINUTES = 2;
/** A lab phone's owner is quick. */
const PAUSE_MS = 15;

interface PhoneOutcome {
  readonly id: string;
  readonly platform: string;
  readonly steps: Omit<PhoneStep, 'phone'>[];
  readonly states: string[];
  readonly final: string;
  readonly reason: string;
  readonly match: string | null;
  readonly mails: number;
  readonly writes: number;
}

/** What is seen of one phone while it plays. */
class Observed {
  readonly story: PhoneStory;
  readonly steps: PhoneStep[] = [];
  readonly states: string[] = [];
  readonly reasons: string[] = [];
  mergedBy: string | null = null;
  /** Why the access switch blocked it last; null when it allowed it since. */
  blockedFor: string | null = null;
  mails = 0;
  writes = 0;
  /** In which sync it was, counted from 1: the account was added, blocked, the phone enrolled, and let in. */
  readonly at: { added?: number; blocked?: number; enrolled?: number; allowed?: number } = {};

  constructor(story: PhoneStory) {
    this.story = story;
  }

  /** Keeps the first time a step happens. */
  step(step: PhoneStep): boolean {
    if (this.steps.some((known) => known.step === step.step)) return false;
    this.steps.push(step);
    return true;
  }

  device(device: DeviceRecord): void {
    if (this.reasons.at(-1) !== device.reason.code) this.reasons.push(device.reason.code);
    this.mergedBy = device.match.by;
  }

  outcome(): PhoneOutcome {
    const steps = this.steps
      .map(({ step, at, text }) => ({ step, at, text }))
      .sort((a, b) => a.at.localeCompare(b.at) || a.step - b.step);
    return {
      id: this.story.id,
      platform: this.story.platform,
      steps,
      states: this.states,
      final: this.states.at(-1) ?? 'unknown',
      reason: this.blockedFor ?? this.reasons.at(-1) ?? 'unknown',
      match: this.mergedBy,
      mails: this.mails,
      writes: this.writes,
    };
  }

  /** What is not as it must be. */
  complaints(): string[] {
    const { must, id } = this.story;
    const { final, reason, mails, writes, match } = this.outcome();
    const wrong = (what: string, is: unknown, want: unknown): string[] =>
      is === want ? [] : [`${id}: ${what} is ${String(is)}, must be ${String(want)}`];
    return [
      ...wrong('final state', final, must.final),
      ...wrong('reason', reason, must.reason),
      ...wrong('number of mails', mails, must.mails),
      ...(must.writes === undefined ? [] : wrong('number of writes', writes, must.writes)),
      ...(must.mergedBy === undefined ? [] : wrong('match', match, must.mergedBy)),
      ...(must.neverBlocked === true && this.states.includes('blocked') ? [`${id}: was blocked, must never be`] : []),
      ...(must.reasonOnTheWay !== undefined && !this.reasons.includes(must.reasonOnTheWay)
        ? [`${id}: never had the reason ${must.reasonOnTheWay} (had ${this.reasons.join(', ')})`]
        : []),
    ];
  }
}

const USAGE = `
npm run demo -- [--json] [--auth basic|ntlm] [--verbose]

${PHONE_STORIES.length} phones play once against the lab, as a timeline. Exit code 0 only if all end as they must.

  --json        the result as one JSON line; the timeline goes to stderr
  --auth NAME   how the connector signs in to Exchange: basic (default) or ntlm
  --verbose     Node-RED's own log too
`;
const { values: options } = readCommandLine(USAGE, {
  json: { type: 'boolean', default: false },
  auth: { type: 'string', default: 'basic' },
  verbose: { type: 'boolean', default: false },
});
if (!['basic', 'ntlm'].includes(options.auth)) refuseCommandLine('--auth takes basic or ntlm.', USAGE);
const began = Date.now();
const say = (line: string): void => {
  (options.json ? process.stderr : process.stdout).write(`${line}\n`);
};

const stop = new AbortController();
const limit = setTimeout(() => stop.abort(new Error(`The demo was not done within ${LIMIT_MS / 1000} s.`)), LIMIT_MS);
const userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-demo-'));
const clock = { sync: 0 };
const observed = new Map(PHONE_STORIES.map((story) => [story.id, new Observed(story)]));

const tell = (step: PhoneStep): void => {
  if (observed.get(step.phone)?.step(step) !== true) return;
  const seconds = ((Date.parse(step.at) - began) / 1000).toFixed(1).padStart(5);
  say(`${seconds} s  ${step.phone.padEnd(20)} ${step.step}  ${step.text}`);
};

async function play(): Promise<string[]> {
  const lab = await startLab({ auth: options.auth === 'ntlm' ? 'ntlm' : 'basic', moreMdms: true });
  const { organization } = lab;
  peopleOfOtherMdms(organization);
  // The second tenant answers late.
  lab.moreMdms?.secondTenant.faults.add({ kind: 'throttle', retryAfter: '1' });
  const syncWaiters = new Set<{ began: boolean; resolve: () => void }>();
  const findByDevice = (easId: string, address: string | null): Observed | undefined =>
    [...observed.values()].find(
      ({ story }) =>
        foldEasId(story.account.deviceId) === foldEasId(easId) &&
        address === `${story.owner.alias}@${organization.domain}`,
    );
  const step = (seen: Observed, number: StepNumber, text: string): void =>
    tell({ phone: seen.story.id, step: number, at: new Date().toISOString(), text });

  organization.setMaxListeners(0);
  organization.on('change', (change) => {
    observeChange(change, observed, findByDevice, step, organization.domain);
    observeDelays(change, observed, findByDevice, organization.domain);
  });
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
    say(
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

function observeChange(
  change: OrganizationChange,
  phones: ReadonlyMap<string, Observed>,
  find: (easId: string, address: string | null) => Observed | undefined,
  step: (seen: Observed, number: StepNumber, text: string) => void,
  domain: string,
): void {
  if (change.type === 'access') {
    const seen = find(change.partnership.deviceId, change.partnership.mailbox.address);
    if (seen === undefined) return;
    if (seen.states.at(-1) !== change.to.state) seen.states.push(change.to.state);
    if (change.to.state === 'blocked') step(seen, 3, `Exchange blocks it (${change.to.reason})`);
    if (change.to.state === 'allowed' && change.from.state === 'blocked')
      step(seen, 7, `Exchange allows it again (${change.to.reason})`);
  }
  for (const seen of phones.values()) {
    const address = `${seen.story.owner.alias}@${domain}`;
    if (change.type === 'mail' && change.mailbox.address === address) {
      seen.mails += 1;
      step(seen, 4, `mail to ${address}: "${change.message.subject}"`);
    }
    if (writeNames(change, address, seen.story.account.deviceId)) seen.writes += 1;
  }
}

/** In which sync something befell a phone. What happens between two syncs belongs to the one that follows. */
function observeDelays(
  change: OrganizationChange,
  phones: ReadonlyMap<string, Observed>,
  find: (easId: string, address: string | null) => Observed | undefined,
  domain: string,
): void {
  if (change.type === 'partnership') {
    const seen = find(change.partnership.deviceId, change.partnership.mailbox.address);
    if (seen !== undefined) seen.at.added ??= clock.sync;
  }
  if (change.type === 'enrolled') {
    for (const { story, at } of phones.values())
      if (change.device.userPrincipalName === `${story.owner.alias}@${domain}`) at.enrolled ??= clock.sync;
  }
  if (change.type !== 'access') return;
  const seen = find(change.partnership.deviceId, change.partnership.mailbox.address);
  if (seen === undefined) return;
  if (change.to.state === 'blocked') seen.at.blocked ??= clock.sync;
  else if (change.from.state === 'blocked') seen.at.allowed ??= clock.sync;
}

function sayDelay(what: string, delay: ReturnType<typeof delays>): void {
  if (delay === null) return;
  const { median, worst } = delay;
  const minutes = `${median * MINUTES} and ${worst * MINUTES} minutes with the times of the example`;
  say(`${what}: ${median} of its syncs at the median, ${worst} at worst; at most ${minutes}.`);
}

/**
 * Delays in syncs: of phones that were blocked as they were not enrolled, of those that were enrolled then. What happens
 * while a sync is under way may be seen by it or by the next one: one sync at least.
 */
function delays(from: 'added' | 'enrolled', to: 'blocked' | 'allowed'): { median: number; worst: number } | null {
  const all = [...observed.values()]
    .filter(({ at }) => at.enrolled === undefined || at.blocked === undefined || at.enrolled >= at.blocked)
    .flatMap(({ at }) => (at[from] === undefined || at[to] === undefined ? [] : [Math.max(1, at[to] - at[from])]))
    .sort((a, b) => a - b);
  return all.length === 0 ? null : { median: all[Math.ceil(all.length / 2) - 1]!, worst: all.at(-1)! };
}

let complaints: string[];
try {
  complaints = await play();
} catch (error) {
  complaints = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}
clearTimeout(limit);
rmSync(userDir, { recursive: true, force: true });
complaints.push(...[...observed.values()].flatMap((seen) => seen.complaints()));
const phones = [...observed.values()].map((seen) => seen.outcome());
const ok = complaints.length === 0;
const delayed = { block: delays('added', 'blocked'), mail: delays('enrolled', 'allowed') };
if (options.json) {
  process.stdout.write(
    `${JSON.stringify({ ok, tookMs: Date.now() - began, delays: delayed, phones, ...(ok ? {} : { complaints }) })}\n`,
  );
} else {
  say('');
  say(
    ['phone'.padEnd(20), 'final'.padEnd(8), 'reason'.padEnd(18), 'match'.padEnd(11), 'mails', 'writes', ' states'].join(
      ' ',
    ),
  );
  for (const phone of phones) {
    say(
      [
        phone.id.padEnd(20),
        phone.final.padEnd(8),
        phone.reason.padEnd(18),
        (phone.match ?? '').padEnd(11),
        String(phone.mails).padStart(5),
        String(phone.writes).padStart(6),
        ` ${phone.states.join(' → ')}`,
      ].join(' '),
    );
  }
  say('');
  sayDelay('From adding the account to the block', delayed.block);
  sayDelay('From enrolling to mail that flows again', delayed.mail);
  say('');
  say(
    ok
      ? `Every phone ended as it must, after ${((Date.now() - began) / 1000).toFixed(1)} s.`
      : complaints.map((line) => `✗ ${line}`).join('\n'),
  );
}
process.exitCode = ok ? 0 : 1;
