/** What is seen of the demo's phones from outside while they play, and whether each ends as it must. */
import type { DeviceRecord } from '../../src/model/records.ts';
import { foldEasId } from '../../src/model/keys.ts';
import type { OrganizationChange } from '../../src/lab/organization-change.ts';
import { writeNames } from '../../src/lab/phones.ts';
import type { PhoneStep, PhoneStory, StepNumber } from '../../src/lab/phones.ts';

/** A phone in the demo's result. */
export interface PhoneOutcome {
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

/** What can befall a phone between adding its account and syncing again. */
export type Milestone = 'added' | 'blocked' | 'mailed' | 'enrolled' | 'allowed';

/** What is seen of one phone while it plays. */
export class Observed {
  readonly story: PhoneStory;
  readonly steps: PhoneStep[] = [];
  readonly states: string[] = [];
  readonly reasons: string[] = [];
  mergedBy: string | null = null;
  /** Why the access switch blocked it last; null when it allowed it since. */
  blockedFor: string | null = null;
  mails = 0;
  writes = 0;
  /** In which sync it was, counted from 1. What happens between two syncs belongs to the one that follows. */
  readonly at: Partial<Record<Milestone, number>> = {};

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

/** Finds the phone of an EAS ID at a mailbox. */
export function phoneAt(
  phones: Iterable<Observed>,
  domain: string,
  easId: string,
  address: string | null,
): Observed | undefined {
  return [...phones].find(
    ({ story }) =>
      foldEasId(story.account.deviceId) === foldEasId(easId) && address === `${story.owner.alias}@${domain}`,
  );
}

/** Where a change of the organization is noted. */
export interface Watch {
  readonly phones: ReadonlyMap<string, Observed>;
  readonly domain: string;
  /** The number of the sync that runs or comes next. */
  readonly sync: () => number;
  readonly step: (seen: Observed, number: StepNumber, text: string) => void;
}

/** Notes what a change says of a phone: its state, a mail, a write, and in which sync that was. */
export function observeChange(change: OrganizationChange, watch: Watch): void {
  const { phones, domain, step } = watch;
  const note = (seen: Observed | undefined, what: Milestone): void => {
    if (seen !== undefined) seen.at[what] ??= watch.sync();
  };
  if (change.type === 'partnership' || change.type === 'access') {
    const { deviceId, mailbox } = change.partnership;
    const seen = phoneAt(phones.values(), domain, deviceId, mailbox.address);
    if (change.type === 'partnership') return note(seen, 'added');
    if (seen === undefined) return;
    if (seen.states.at(-1) !== change.to.state) seen.states.push(change.to.state);
    if (change.to.state === 'blocked') {
      note(seen, 'blocked');
      step(seen, 3, `Exchange blocks it (${change.to.reason})`);
    } else if (change.from.state === 'blocked') {
      note(seen, 'allowed');
      if (change.to.state === 'allowed') step(seen, 7, `Exchange allows it again (${change.to.reason})`);
    }
    return;
  }
  for (const seen of phones.values()) {
    const address = `${seen.story.owner.alias}@${domain}`;
    if (change.type === 'enrolled' && change.device.userPrincipalName === address) note(seen, 'enrolled');
    if (change.type === 'mail' && change.mailbox.address === address) {
      seen.mails += 1;
      // A mail about a device that the owner had before is not about this one.
      if (seen.at.added !== undefined) note(seen, 'mailed');
      step(seen, 4, `mail to ${address}: "${change.message.subject}"`);
    }
    if (writeNames(change, address, seen.story.account.deviceId)) seen.writes += 1;
  }
}
