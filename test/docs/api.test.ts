/** docs/api.md: every route is described, no other, and an answer has the fields of its sample. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { codesOf } from '../../src/console/words.ts';
import { familiesOf } from '../../src/console/measure-families.ts';
import { offerConsole } from '../../nodes/connector-store/console-routes.ts';
import type { RED } from '../../nodes/red.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { API, startConsole } from '../support/console-flow.ts';
import type { ConsoleFlow } from '../support/console-flow.ts';
import { stopFlow } from '../support/node-red.ts';
import { ANNAS_ENROLLMENT, anna, enrollUser1, people, still } from '../support/people.ts';

const text = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8');

/** What is said under the heading of each route. */
const described: ReadonlyMap<string, string> = new Map(
  text
    .split(/^### /m)
    .slice(1)
    .flatMap((section) => {
      const route = /^(GET|POST) `([^`]+)`$/m.exec(section);
      return route === null ? [] : [[`${route[1]} ${route[2]}`, section.split(/^## /m)[0] ?? ''] as const];
    }),
);

/** The routes with the permission that each needs. */
function registered(): Map<string, string | null> {
  const routes = new Map<string, string | null>();
  const keep =
    (method: string) =>
    (path: string, ...handlers: unknown[]): void => {
      const named = handlers.find((one): one is { permission: string } => typeof one === 'object');
      routes.set(`${method} ${path}`, named?.permission ?? null);
    };
  offerConsole({
    httpAdmin: { get: keep('GET'), post: keep('POST') },
    auth: { needsPermission: (permission: string) => ({ permission }) },
  } as unknown as RED);
  return routes;
}

/** The names of all fields; of a list those of its first entry. What one side has no value of is not compared. */
function differences(sample: unknown, real: unknown, path = ''): string[] {
  if (sample === null || real === null) return [];
  if (Array.isArray(sample) || Array.isArray(real)) {
    if (!Array.isArray(sample) || !Array.isArray(real)) return [`${path} is a list on one side only`];
    return sample.length === 0 || real.length === 0 ? [] : differences(sample[0], real[0], `${path}[]`);
  }
  if (typeof sample !== typeof real) return [`${path} is ${typeof sample} in the sample and ${typeof real} in truth`];
  if (typeof sample !== 'object') return [];
  const [a, b] = [sample as Record<string, unknown>, real as Record<string, unknown>];
  // What a change was from and to has the fields of its kind.
  if (/\.(before|after)$/.test(path)) return [];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) => {
    if (!Object.hasOwn(a, name)) return [`${path}.${name} is not in the sample`];
    if (!Object.hasOwn(b, name)) return [`${path}.${name} is in the sample only`];
    return differences(a[name], b[name], `${path}.${name}`);
  });
}

function sampleOf(route: string): unknown {
  const found = /```json\n([^]*?)```/.exec(described.get(route) ?? '');
  assert.ok(found !== null, `${route} has a sample`);
  return JSON.parse(found[1] ?? '');
}

describe('the description of the routes', () => {
  it('has every route and no other, each with its permission', () => {
    const routes = registered();
    assert.deepEqual([...described.keys()].sort(), [...routes.keys()].sort());
    for (const [route, permission] of routes)
      assert.equal(
        /Permission `([^`]+)`/.exec(described.get(route) ?? '')?.[1] ?? null,
        permission,
        `${route} names its permission`,
      );
  });

  it('has every deed that the audit is asked for by, and the console offers no other', () => {
    const row =
      /^\| `what` \| (.+) \|$/m.exec(described.get('GET /exchange-connector/api/:store/audit') ?? '')?.[1] ?? '';
    assert.deepEqual(
      [...row.matchAll(/`([\w-]+)`/g)].map((match) => match[1] ?? '').sort(),
      [...codesOf('audit')].sort(),
    );
  });

  it('has every measure and no other', () => {
    const names = familiesOf([], (id) => id).map(({ name }) => name);
    const told = [...text.matchAll(/^\| `(exchange_connector_\w+)` \|/gm)].map((match) => match[1] ?? '');
    assert.deepEqual(told.sort(), [...names].sort());
  });

  it('names in alerts and in the dashboard only measures that there are', () => {
    const names = familiesOf([], (id) => id).flatMap(({ name, type }) =>
      type === 'gauge' ? [name] : [`${name}_bucket`, `${name}_gcount`, `${name}_gsum`],
    );
    for (const file of ['alerts.yml', 'grafana.json']) {
      const used = readFileSync(new URL(`../../docs/monitoring/${file}`, import.meta.url), 'utf8');
      const found = [...used.matchAll(/\bexchange_connector_\w+/g)].map(([name]) => name);
      assert.ok(found.length > 8, file);
      assert.deepEqual(
        found.filter((name) => !names.includes(name)),
        [],
        file,
      );
    }
    const dashboard = JSON.parse(readFileSync(new URL('../../docs/monitoring/grafana.json', import.meta.url), 'utf8'));
    const { panels } = dashboard as { panels: readonly { id: number }[] };
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    const rules = parse(readFileSync(new URL('../../docs/monitoring/alerts.yml', import.meta.url), 'utf8')) as {
      groups: readonly { rules: readonly { alert: string; expr: string }[] }[];
    };
    for (const { alert, expr } of rules.groups.flatMap((group) => group.rules)) assert.ok(alert !== '' && expr !== '');
  });

  describe('has samples with the fields of real answers:', () => {
    let lab: Lab;
    let running: ConsoleFlow;
    before(async () => {
      const organization = people(anna(still()), 3);
      organization.enroll(ANNAS_ENROLLMENT);
      enrollUser1(organization);
      lab = await startLab({ organization });
      running = await startConsole(lab);
      await running.sync();
      const { plans } = (await running.ask(`${API}/plans`)).json;
      await running.act('approve', { plan: plans[0].id, mailbox: 'user0@contoso.example' });
    });
    after(async () => {
      await stopFlow();
      await lab.close();
    });

    const keyOf = async (name: string): Promise<string> =>
      encodeURIComponent((await running.ask(`${API}/devices?text=${name}`)).json.devices[0].key);
    const QUESTIONS: readonly (readonly [route: string, question: () => Promise<string> | string])[] = [
      ['stores', () => '/exchange-connector/api/stores'],
      ['overview', () => `${API}/overview`],
      ['readiness', () => `${API}/readiness`],
      ['devices', () => `${API}/devices?rows=1`],
      ['device', async () => `${API}/device?key=${await keyOf('user0')}`],
      ['device', async () => `${API}/device?key=${await keyOf('anna')}`],
      ['candidates', async () => `${API}/candidates?key=${await keyOf('user1')}`],
      ['try', async () => `${API}/try?key=${await keyOf('user2')}`],
      ['plans', () => `${API}/plans`],
      ['plan', async () => `${API}/plan?rows=1&id=${(await running.ask(`${API}/plans`)).json.plans[0].id}`],
      ['audit', () => `${API}/audit?what=block`],
    ];
    for (const [name, question] of QUESTIONS)
      it(name, async () => {
        const path = name === 'stores' ? '/exchange-connector/api/stores' : `/exchange-connector/api/:store/${name}`;
        const { status, json } = await running.ask(await question());
        assert.equal(status, 200);
        assert.deepEqual(differences(sampleOf(`GET ${path}`), json), []);
      });
  });
});
