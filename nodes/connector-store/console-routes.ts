/**
 * What the console, and dashboards of others, ask the runtime: JSON of one store each, below the editor's address. Reading needs
 * `exchange-connector.read`, acting `exchange-connector.write`. docs/api.md describes every route.
 */
import {
  auditAnswer,
  candidatesAnswer,
  deviceAnswer,
  oneDeviceAnswer,
  overviewAnswer,
  planAnswer,
  planPageAnswer,
} from '../../src/console/answers.ts';
import type { NameOf } from '../../src/console/answers.ts';
import { triedAnswer } from '../../src/console/tried-answer.ts';
import { cursorOf, placeIn } from '../../src/console/cursor.ts';
import { auditCsv, devicesCsv } from '../../src/console/exports.ts';
import { choiceIn, dayIn, refuseOthers, rowsIn, textIn, wordsIn } from '../../src/console/read-query.ts';
import type { Query } from '../../src/console/read-query.ts';
import { refusalOf } from '../../src/console/same-origin.ts';
import { codesOf } from '../../src/console/words.ts';
import { allDevices, browseDevices } from '../../src/connector/listings/browse-devices.ts';
import { allAudit, devicesMeant } from '../../src/connector/listings/browse-audit.ts';
import { listPlans, planPage } from '../../src/connector/listings/list-plans.ts';
import { oneDevice } from '../../src/connector/listings/one-device.ts';
import { pairingCandidates } from '../../src/connector/listings/pairing-candidates.ts';
import { overviewOf } from '../../src/connector/listings/overview.ts';
import type { RuleLanguage } from '../../src/access/rule-words.ts';
import { ConnectorError } from '../../src/errors.ts';
import type { AuditWanted, DeviceOrder, DevicesWanted, Store } from '../../src/store/store.ts';
import { adminRoutes, bodyOf, refuse, whoAsks } from '../admin-routes.ts';
import type { RouteHandler, TextAnswer } from '../admin-routes.ts';
import { readinessLanguage } from '../readiness.ts';
import type { RED, WebHandler, WebRequest } from '../red.ts';
import { isInFlows } from '../deployed-mdms.ts';
import { ACTIONS, act, deskFor } from './console-actions.ts';
import { pageAt, pageFile } from './console-page.ts';
import { confirmLinkAsked, readinessAnswer } from './console-readiness.ts';
import { DeployedStores, namesIn } from './deployed-stores.ts';
import { metricsAnswer } from './metrics-answer.ts';
import { refusal } from '../../src/model/refusals.ts';

const ROOT = '/exchange-connector';
const READ = 'exchange-connector.read';
const WRITE = 'exchange-connector.write';

/** Nothing of an answer runs, is framed, kept, or taken for something else. */
const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const first: WebHandler = (_request, response, next) => {
  for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
  next();
};

const REFUSALS = { 'not-json': 'only-json', 'other-site': 'other-site' } as const;

const beforePost: WebHandler = (request, response, next) => {
  const found = refusalOf(request.headers);
  if (found === null) next();
  else refuse(request, response, new ConnectorError('ERR_INPUT_INVALID', refusal(REFUSALS[found])));
};

/** What a question is asked of. */
interface Asked {
  readonly RED: RED;
  /** Of the connector store. */
  readonly id: string;
  readonly store: Store;
  readonly nameOf: NameOf;
  readonly query: Query;
  /** Of what the runtime says in sentences, and of its words. */
  readonly language: RuleLanguage;
  readonly signal: AbortSignal;
}

/** Offers the routes; once for the runtime, not for each node. Answers with where stores say that they run. */
export function offerConsole(RED: RED): DeployedStores {
  const stores = new DeployedStores();
  const routes = adminRoutes(RED, { first, beforePost });
  const askedOf = async ({ params, query }: WebRequest, signal: AbortSignal): Promise<Asked> => {
    const deployed = stores.get(params?.['store'] ?? '');
    const store = await deployed.store();
    const language = readinessLanguage(textIn(query, 'language'));
    return { RED, id: deployed.id, store, nameOf: namesIn(RED, language), query, language, signal };
  };
  const of =
    (answer: (asked: Asked) => unknown): RouteHandler =>
    async (request, signal) =>
      answer(await askedOf(request, signal));
  const own = (path: string): string => `${ROOT}/api/:store/${path}`;

  routes.get(`${ROOT}/api/stores`, READ, () => ({ stores: stores.list().map(({ id, name }) => ({ id, name })) }));
  routes.get(own('overview'), READ, of(overview));
  routes.get(own('devices'), READ, of(devices));
  routes.get(own('device'), READ, of(device));
  routes.get(own('candidates'), READ, of(candidates));
  routes.get(own('try'), READ, of(tried));
  routes.get(own('plans'), READ, of(plans));
  routes.get(own('plan'), READ, of(plan));
  routes.get(own('audit'), READ, of(audit));
  routes.get(own('readiness'), READ, of(readiness));
  routes.text(own('devices.csv'), READ, async (request, signal) => devicesFile(await askedOf(request, signal)));
  routes.text(own('audit.csv'), READ, async (request, signal) => auditFile(await askedOf(request, signal)));
  for (const action of ACTIONS)
    routes.post(own(action), WRITE, async (request, signal) => {
      const deployed = stores.get(request.params?.['store'] ?? '');
      return act(RED, action, {
        id: deployed.id,
        store: await deployed.store(),
        body: bodyOf(request),
        by: whoAsks(request),
        signal,
      });
    });
  routes.post(own('confirm-link'), WRITE, (request) =>
    confirmLinkAsked(RED, stores.get(request.params?.['store'] ?? ''), request),
  );
  routes.text(`${ROOT}/`, null, ({ path }) => pageAt(path));
  routes.text(`${ROOT}/page/:file`, null, ({ params }) => pageFile(params?.['file'] ?? ''));
  routes.text(`${ROOT}/metrics`, null, (request) => metricsAnswer(stores.list(), request.headers, namesIn(RED)));
  return stores;
}

/** Which organization is meant: the first one if none is named; null: the store knows none. */
async function organizationOf({ store, query }: Asked): Promise<string | null> {
  const known = await store.listings.organizations();
  const wanted = textIn(query, 'organization');
  if (wanted === '') return known[0] ?? null;
  if (known.includes(wanted)) return wanted;
  throw new ConnectorError('ERR_INPUT_INVALID', refusal('no-organization'));
}

async function overview(asked: Asked): Promise<unknown> {
  const { RED, id, store, nameOf, query, language } = asked;
  refuseOthers(query, ['organization', 'language']);
  const organization = await organizationOf(asked);
  const named = (id: string) => ({ id, name: nameOf(id) });
  const now = Date.now();
  return {
    at: new Date(now).toISOString(),
    organization: organization === null ? null : named(organization),
    organizations: (await store.listings.organizations()).map(named),
    ...overviewAnswer(await overviewOf(store, organization ?? '', now), nameOf, {
      language,
      now,
      isInFlows: (source) => isInFlows(RED, id, source),
    }),
  };
}

/** What a list is sorted by, as a request has it, and as the store has it. */
const ORDERS = {
  owner: 'owner',
  since: 'since',
  device: 'kind',
  state: 'state',
  decision: 'decision',
  'last-sync': 'lastSync',
} as const satisfies Readonly<Record<string, DeviceOrder>>;

type Sort = keyof typeof ORDERS;

const SORTS = Object.keys(ORDERS).flatMap((name) => [name, `-${name}`]) as ['owner', ...(Sort | `-${Sort}`)[]];
const DEVICE_PARAMETERS = ['organization', 'text', 'state', 'decision', 'reason', 'platform', 'sort'];

function devicesWanted(query: Query): DevicesWanted {
  return {
    text: textIn(query, 'text'),
    states: wordsIn(query, 'state', codesOf('state')),
    decisions: wordsIn(query, 'decision', codesOf('decision')),
    reasons: wordsIn(query, 'reason', null),
    platforms: wordsIn(query, 'platform', codesOf('platform')),
  };
}

function orderIn(query: Query): { readonly order: DeviceOrder; readonly descending: boolean } {
  const sort = choiceIn(query, 'sort', SORTS);
  const name = sort.replace(/^-/, '') as Sort;
  return { order: ORDERS[name], descending: sort.startsWith('-') };
}

async function devices(asked: Asked): Promise<unknown> {
  const { store, nameOf, query, language } = asked;
  refuseOthers(query, [...DEVICE_PARAMETERS, 'rows', 'after', 'language']);
  const place = placeIn(textIn(query, 'after'), ['string', 'string']);
  const after = place === null ? null : { value: place[0], key: place[1] };
  const [wanted, page] = [devicesWanted(query), { ...orderIn(query), rows: rowsIn(query), after }];
  const organization = await organizationOf(asked);
  const { devices: lines, next } = await browseDevices(store, organization ?? '', wanted, page);
  return {
    devices: lines.map((line) => deviceAnswer(line, nameOf, language)),
    next: next === null ? null : cursorOf([next.value, next.key]),
  };
}

async function readiness(asked: Asked): Promise<unknown> {
  const { RED, id, query, language } = asked;
  refuseOthers(query, ['organization', 'language']);
  return readinessAnswer(RED, { id, organization: await organizationOf(asked), language });
}

async function device({ RED, id, store, nameOf, query, language }: Asked): Promise<unknown> {
  refuseOthers(query, ['key', 'language']);
  const key = textIn(query, 'key');
  const mayBeRemoved = (await deskFor(RED, { id, store }, key))?.removesByHand ?? false;
  return oneDeviceAnswer(await oneDevice(store, key), nameOf, mayBeRemoved, language);
}

async function tried({ RED, id, store, query, language, signal }: Asked): Promise<unknown> {
  refuseOthers(query, ['key', 'language']);
  const key = textIn(query, 'key');
  const desk = await deskFor(RED, { id, store }, key);
  if (desk === null) throw new ConnectorError('ERR_CONFIG_MISSING', refusal('no-switch'));
  return triedAnswer(await desk.tryIt(key, language, signal), language);
}

async function candidates({ store, nameOf, query, language, signal }: Asked): Promise<unknown> {
  refuseOthers(query, ['key', 'language']);
  const found = await pairingCandidates(store, textIn(query, 'key'), { now: Date.now(), signal });
  return candidatesAnswer(found, nameOf, language);
}

async function plans(asked: Asked): Promise<unknown> {
  refuseOthers(asked.query, ['organization', 'language']);
  const organization = await organizationOf(asked);
  const held = await listPlans(asked.store, organization === null ? {} : { organization });
  return { plans: held.map((one) => planAnswer(one, asked.language)) };
}

async function plan({ store, query, language }: Asked): Promise<unknown> {
  refuseOthers(query, ['id', 'reason', 'mailbox', 'rows', 'after', 'language']);
  const [reason, mailbox] = [textIn(query, 'reason'), textIn(query, 'mailbox')];
  const page = await planPage(store, textIn(query, 'id'), {
    filter: { ...(reason === '' ? {} : { reason }), ...(mailbox === '' ? {} : { mailbox }) },
    after: placeIn(textIn(query, 'after'), ['string'])?.[0] ?? '',
    rows: rowsIn(query),
  });
  return planPageAnswer({ ...page, next: page.next === null ? null : cursorOf([page.next]) }, language);
}

const AUDIT_PARAMETERS = ['organization', 'from', 'to', 'person', 'device', 'what'];

async function auditWanted({ store, query }: Pick<Asked, 'store' | 'query'>): Promise<AuditWanted> {
  const [organization, person, what] = ['organization', 'person', 'what'].map((name) => textIn(query, name));
  const [from, to] = [dayIn(query, 'from', 'begin'), dayIn(query, 'to', 'end')];
  return {
    ...(organization ? { organization } : {}),
    ...(person ? { person } : {}),
    ...(await devicesMeant(store, textIn(query, 'device'))),
    ...(what ? { what } : {}),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

async function audit(asked: Asked): Promise<unknown> {
  const { store, nameOf, query, language } = asked;
  refuseOthers(query, [...AUDIT_PARAMETERS, 'rows', 'after', 'language']);
  const place = placeIn(textIn(query, 'after'), ['string', 'number']);
  const after = place === null ? null : { at: place[0], no: place[1] };
  const { entries, next } = await store.listings.audit(await auditWanted(asked), { after, rows: rowsIn(query) });
  return {
    entries: entries.map((entry) => auditAnswer(entry, nameOf, language)),
    next: next === null ? null : cursorOf([next.at, next.no]),
  };
}

async function devicesFile(asked: Asked): Promise<TextAnswer> {
  const { RED, store, query, signal } = asked;
  refuseOthers(query, [...DEVICE_PARAMETERS, 'language']);
  const [wanted, order] = [devicesWanted(query), orderIn(query)];
  const organization = (await organizationOf(asked)) ?? '';
  return csvFile('devices', devicesCsv(allDevices(store, organization, wanted, order, signal), namesIn(RED)));
}

async function auditFile(asked: Asked): Promise<TextAnswer> {
  const { RED, store, query, signal } = asked;
  refuseOthers(query, [...AUDIT_PARAMETERS, 'language']);
  return csvFile('audit', auditCsv(allAudit(store, await auditWanted(asked), signal), namesIn(RED)));
}

function csvFile(name: string, text: AsyncIterable<string>): TextAnswer {
  const day = new Date().toISOString().slice(0, 10);
  return {
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="exchange-connector-${name}-${day}.csv"`,
    },
    text,
  };
}
