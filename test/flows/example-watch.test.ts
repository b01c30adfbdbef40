/** The example that watches Autodiscover, imported, deployed and run as it is shipped. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';

const EXAMPLE = new URL('../../examples/04%20Autodiscover%20watch.json', import.meta.url);

describe('example 04', () => {
  const nodes = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as (FlowNode & { name: string; x?: number })[];
  const idOf = (type: string, name: string): string =>
    nodes.find((node) => node.type === type && node.name === name)?.id ?? assert.fail(`no ${type} ${name}`);
  const checkId = idOf('autodiscover-check', '');
  let lab: Lab;
  let flow: RunningFlow;

  beforeEach(async () => {
    lab = await startLab();
    flow = await startFlow([]);
  });

  afterEach(async () => {
    await stopFlow();
    await lab.close();
  });

  /** The example with what an administrator enters: here the lab's DNS servers, and a domain. */
  const deploy = (changes: Record<string, unknown>): Promise<void> =>
    flow.redeploy(
      nodes.map((node) => (node.id === checkId ? { ...node, internalResolvers: lab.dns.internal, ...changes } : node)),
    );

  async function press(): Promise<void> {
    const { done } = flow.ended(checkId);
    flow.receive(idOf('inject', 'every hour'));
    await flow.until(() => flow.ended(checkId).done === done + 1, 'the check is done');
  }

  const mails = (): unknown[] => flow.arrived(idOf('debug', 'mail')).map(({ topic }) => topic);
  const errors = (): unknown[] => flow.arrived(idOf('debug', 'error'));

  it('mails once that Autodiscover is broken, however often it checks, and once that it works again', async () => {
    await deploy({ domain: 'fabrikam.example' });
    await press();
    await press();
    await flow.until(() => mails().length > 0, 'the mail is there');
    assert.deepEqual(mails(), ['Autodiscover is broken: fabrikam.example']);
    const [mail] = flow.arrived(idOf('debug', 'mail'));
    assert.match(String(mail?.['payload']), /^✗ Autodiscover of fabrikam\.example: broken\n/);
    await deploy({ domain: 'contoso.example' });
    await press();
    await press();
    await flow.until(() => mails().length > 1, 'the second mail is there');
    assert.deepEqual(mails(), ['Autodiscover is broken: fabrikam.example', 'Autodiscover works: contoso.example']);
    assert.deepEqual(errors(), []);
  });

  it('shows what could not be proven, and mails nobody about it', async () => {
    await deploy({ internalResolvers: '127.0.0.1:9' });
    await press();
    const shown = (): unknown[] => flow.arrived(idOf('debug', 'not proven'));
    await flow.until(() => shown().length === 1, 'it is shown');
    assert.deepEqual([mails(), errors()], [[], []]);
  });

  it('checks on a timer, says changes only, and fits a canvas of 1,000 pixels', () => {
    const one = (id: string): Record<string, unknown> => nodes.find((node) => node.id === id) ?? {};
    assert.equal(one(idOf('inject', 'every hour'))['repeat'], '3600');
    assert.equal(one(checkId)['changesOnly'], true);
    assert.deepEqual(
      nodes.filter(({ x }) => x !== undefined && x > 900).map(({ name }) => name),
      [],
    );
  });
});
