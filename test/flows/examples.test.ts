/** Every example, imported into a running Node-RED with nothing entered, and its first button pressed. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireSimulation } from '../../src/lab/simulation.ts';
import type { SimulationShare } from '../../src/lab/simulation.ts';
import {
  EXAMPLES,
  FIRST_COMMENT,
  NODE_TYPES,
  firstButton,
  firstComment,
  readExample,
  saidBy,
} from '../support/examples.ts';
import type { Entry } from '../support/examples.ts';
import { startFlow, stopFlow, useUserDir } from '../support/node-red.ts';
import type { RunningFlow } from '../support/node-red.ts';

/** Nodes of the package that the dashboard example needs; what reaches them is looked at, not what they show. */
const OF_DASHBOARD = /^ui-/;

for (const name of EXAMPLES) {
  describe(`the example "${name}"`, function () {
    const example = readExample(name);
    let folder: string;
    let simulation: SimulationShare;
    let flow: RunningFlow;

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'example-'));
      useUserDir(folder);
      // The simulated people are there before anything is read.
      simulation = acquireSimulation();
      flow = await startFlow([]);
    });

    afterEach(async () => {
      await stopFlow();
      simulation.release();
      rmSync(folder, { recursive: true });
    });

    it('does its job at the press of the button that its first comment names', async () => {
      await flow.redeploy(example.filter(({ type }) => !OF_DASHBOARD.test(type)).map(withoutWiresTo(OF_DASHBOARD)));
      flow.receive(firstButton(example).id);
      const debugs = example.filter(({ type }) => type === 'debug');
      const said = (): string[] => debugs.flatMap(({ id }) => flow.arrived(id).map((msg) => JSON.stringify(msg)));
      await flow.until(() => said().some((text) => saidBy(name).test(text)), `it says ${String(saidBy(name))}`);
    });

    it('begins with a comment that says what it shows, which button to press, and what to change', () => {
      const [first] = example.filter(({ x }) => x !== undefined);
      const comment = firstComment(example);
      assert.equal(first?.id, comment.id);
      const others = example.filter(({ y, type }) => y !== undefined && type !== 'group' && type !== 'comment');
      assert.ok(
        others.every(({ y = 0 }) => y > (comment.y ?? 0)),
        'it is above everything else',
      );
      const text = comment.info ?? '';
      assert.ok(firstButton(example));
      assert.match(text, /^[^*\n]{40,}/, 'it says what it shows');
      assert.match(text, /\n\n\*\*For production\*\*\n\n(- [^\n]+\n?)+/);
    });

    it('has its nodes in groups with labels', () => {
      const groups = example.filter(({ type }) => type === 'group');
      assert.ok(groups.length > 0);
      for (const { name: label, style } of groups as (Entry & { style: { label: boolean } })[])
        assert.ok(style.label && (label ?? '').length > 2, 'a group has a label');
      if (name.startsWith('01')) return;
      const loose = example.filter(
        ({ y, g, type, name: own }) => y !== undefined && g === undefined && type !== 'group' && own !== FIRST_COMMENT,
      );
      assert.deepEqual(
        loose.filter(({ type }) => type !== 'comment').map(({ type, name: own }) => `${type} ${own}`),
        [],
      );
    });

    it('is simulated, simulates or holds every block, and has no secret and no address that exists', () => {
      for (const node of example) {
        if (['exchange-server', 'mdm-tenant'].includes(node.type)) assert.equal(node['kind'], 'simulated');
        if (node.type === 'mail-account') assert.equal(node['transport'], 'simulated');
        if (node.type !== 'access-switch') continue;
        const holdsAll = node['brakePercent'] === 0 && node['brakeCount'] === 0;
        assert.ok(node['mode'] === 'simulate' || holdsAll);
      }
      const text = JSON.stringify(example.map((node) => ({ ...node, info: '' })));
      assert.doesNotMatch(text, /"(password|clientSecret|connection|linkSecret|credentials)"/);
      const hosts = [...text.matchAll(/https?:\/\/([^/"\\]+)/g)].map(([, host]) => host);
      assert.deepEqual(
        [...new Set(hosts)].filter((host) => !KNOWN_HOSTS.includes(host ?? '')),
        [],
      );
      const mails = [...text.matchAll(/[\w.]+@([\w.-]+)/g)].map(([, domain]) => domain);
      assert.deepEqual(
        [...new Set(mails)].filter((domain) => domain !== 'contoso.example'),
        [],
      );
    });
  });
}

/** This machine, the enrollment page and app of Intune that dialogs offer, and the name of a schema. */
const KNOWN_HOSTS = [
  '127.0.0.1:1880',
  'portal.manage.microsoft.com',
  'apps.apple.com',
  'play.google.com',
  'adaptivecards.io',
];

describe('the examples', () => {
  it('are numbered without a hole, and no two of them have a name, a tab or an id in common', () => {
    const numbers = EXAMPLES.map((name) => name.slice(0, 3));
    assert.deepEqual(
      numbers,
      EXAMPLES.map((_, at) => `${String(at + 1).padStart(2, '0')} `),
    );
    const ids = EXAMPLES.flatMap((name) => readExample(name).map(({ id }) => id));
    assert.equal(new Set(ids).size, ids.length);
    const tabs = EXAMPLES.flatMap((name) => readExample(name).filter(({ type }) => type === 'tab')).map(
      (tab) => tab['label'],
    );
    assert.equal(new Set(tabs).size, EXAMPLES.length);
  });

  it('show every node of the package', () => {
    const used = new Set(EXAMPLES.flatMap((name) => readExample(name).map(({ type }) => type)));
    assert.deepEqual(
      NODE_TYPES.filter((type) => !used.has(type)),
      [],
    );
  });
});

function withoutWiresTo(types: RegExp): (node: Entry, at: number, all: Entry[]) => Entry {
  return (node, _at, all) => {
    const wires = node['wires'] as string[][] | undefined;
    if (wires === undefined) return node;
    const known = (id: string): boolean => all.some((other) => other.id === id && !types.test(other.type));
    return { ...node, wires: wires.map((output) => output.filter(known)) };
  };
}
