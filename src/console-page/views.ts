/** The views by name: what each asks for, and how it shows that. */
import type { TemplateResult } from 'lit-html';
import type {
  AuditAnswer,
  DeviceAnswer,
  DevicesAnswer,
  OverviewAnswer,
  PlanAnswer,
  PlanPageAnswer,
  ReadinessAnswer,
} from './answers.ts';
import { AUDIT_QUESTIONS, auditView } from './audit.ts';
import { deviceView } from './device.ts';
import { DEVICE_QUESTIONS, devicesView } from './devices.ts';
import { overviewView } from './overview.ts';
import type { Page } from './page.ts';
import { questions } from './place.ts';
import type { Place, View } from './place.ts';
import { planView } from './plan.ts';
import type { ReadinessShown } from './readiness.ts';
import { AnswerError } from './runtime.ts';

/** Asks a route of the store that is chosen, in the page's language. */
export type Ask = <T>(path: string, question: Readonly<Record<string, string>>) => Promise<T>;

/** What was answered, ready to be shown. */
export interface Loaded {
  readonly view: View;
  readonly show: (page: Page) => TemplateResult;
  /** Organizations of the store, where the answer tells. */
  readonly organizations?: readonly { readonly id: string; readonly name: string }[];
}

/** Asks for what a place shows. */
type Load = (place: Place, ask: Ask) => Promise<Loaded>;

const ORGANIZATION = ['organization'];
const ROWS = { rows: '50' };
/** Answers without a row that are looked at for one page: each is of 5,000 devices. */
const MOST_EMPTY = 10;

async function overview(place: Place, ask: Ask): Promise<Loaded> {
  const asked = questions(place, ORGANIZATION);
  const answer = await ask<OverviewAnswer>('overview', asked);
  const readiness = await readinessOf(ask, asked);
  return {
    view: 'overview',
    show: (page) => overviewView(page, answer, readiness),
    organizations: answer.organizations,
  };
}

/** What cannot be told of a switch leaves the rest of the overview as it is. */
async function readinessOf(ask: Ask, question: Readonly<Record<string, string>>): Promise<ReadinessShown> {
  try {
    return await ask<ReadinessAnswer>('readiness', question);
  } catch (thrown) {
    if (thrown instanceof AnswerError && thrown.kind === 'refused') return { problem: thrown.message };
    throw thrown;
  }
}

async function devices(place: Place, ask: Ask): Promise<Loaded> {
  const question = { ...questions(place, [...DEVICE_QUESTIONS, 'after']), ...ROWS };
  let answer = await ask<DevicesAnswer>('devices', question);
  for (let times = 1; answer.devices.length === 0 && answer.next !== null && times < MOST_EMPTY; times += 1)
    answer = await ask<DevicesAnswer>('devices', { ...question, after: answer.next });
  return { view: 'devices', show: (page) => devicesView(page, answer) };
}

async function device(place: Place, ask: Ask): Promise<Loaded> {
  const answer = await ask<DeviceAnswer>('device', questions(place, ['key']));
  return { view: 'device', show: (page) => deviceView(page, answer) };
}

/** The plan that is meant, or the first one. One that went meanwhile is shown as gone. */
async function plan(place: Place, ask: Ask): Promise<Loaded> {
  const asked = questions(place, ORGANIZATION);
  const { plans } = await ask<{ readonly plans: readonly PlanAnswer[] }>('plans', asked);
  const id = place.query['id'] ?? plans[0]?.id;
  const isHeld = plans.some((one) => one.id === id);
  const question = { ...questions(place, ['reason', 'mailbox', 'after']), ...ROWS };
  const shown = isHeld && id !== undefined ? await ask<PlanPageAnswer>('plan', { ...question, id }) : null;
  return { view: 'plan', show: (page) => planView(page, { plans, page: shown }) };
}

async function audit(place: Place, ask: Ask): Promise<Loaded> {
  const question = { ...questions(place, [...AUDIT_QUESTIONS, 'after']), ...ROWS };
  let answer = await ask<AuditAnswer>('audit', question);
  for (let times = 1; answer.entries.length === 0 && answer.next !== null && times < MOST_EMPTY; times += 1)
    answer = await ask<AuditAnswer>('audit', { ...question, after: answer.next });
  return { view: 'audit', show: (page) => auditView(page, answer) };
}

export const VIEWS_BY_NAME: Readonly<Record<View, { readonly load: Load }>> = {
  overview: { load: overview },
  devices: { load: devices },
  device: { load: device },
  plan: { load: plan },
  audit: { load: audit },
};
