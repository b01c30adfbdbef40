/**
 * What a flow may have between the access switch and the notifier, with a deploy or a kill while the messages are on their
 * way: everybody is mailed once. FAULTS=cheap leaves out what takes minutes; FAULTS=none leaves out all.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { checkOutcome } from './check-outcome.ts';
import { Locker } from './faults.ts';
import { World } from './kill-world.ts';
import type { Between } from './kill-world.ts';

const FAULTS = process.env['FAULTS'];
const describeWays = FAULTS === 'none' ? () => undefined : describe;
const atLeisure: (sentence: string, run: () => Promise<void>) => unknown = FAULTS === 'cheap' ? () => undefined : it;

const place = { x: 1, y: 1 };
const sendsLater = 'setTimeout(() => { node.send(msg); node.done(); }, 300); return;';

const WAYS: Readonly<Record<string, Between | null>> = {
  'a direct wire': null,
  'a switch': {
    first: 'w1',
    nodes: (to, z) => [
      {
        ...place,
        id: 'w1',
        type: 'switch',
        z,
        property: 'payload.device.eas.mailbox.address',
        propertyType: 'msg',
        rules: [{ t: 'cont', v: '@', vt: 'str' }],
        checkall: 'true',
        wires: [[to]],
      },
    ],
  },
  'a function that sends later': {
    first: 'w1',
    nodes: (to, z) => [{ ...place, id: 'w1', type: 'function', z, func: sendsLater, outputs: 1, wires: [[to]] }],
  },
  'a subflow': {
    first: 'w1',
    nodes: (to, z) => [
      {
        id: 'sub',
        type: 'subflow',
        name: 'in between',
        in: [{ ...place, wires: [{ id: 'inner' }] }],
        out: [{ ...place, wires: [{ id: 'inner', port: 0 }] }],
      },
      { ...place, id: 'inner', type: 'function', z: 'sub', func: sendsLater, outputs: 1, wires: [[]] },
      { ...place, id: 'w1', type: 'subflow:sub', z, wires: [[to]] },
    ],
  },
  'link nodes': {
    first: 'w1',
    nodes: (to, z) => [
      { ...place, id: 'w1', type: 'link out', z, mode: 'link', links: ['w2'], wires: [] },
      { ...place, id: 'w2', type: 'link in', z, links: ['w1'], wires: [[to]] },
    ],
  },
  'a link call': {
    first: 'w1',
    nodes: (to, z) => [
      { ...place, id: 'w1', type: 'link call', z, links: ['w2'], linkType: 'static', timeout: '30', wires: [[to]] },
      { ...place, id: 'w2', type: 'link in', z, links: [], wires: [['w3']] },
      { ...place, id: 'w3', type: 'function', z, func: sendsLater, outputs: 1, wires: [['w4']] },
      { ...place, id: 'w4', type: 'link out', z, mode: 'return', links: [], wires: [] },
    ],
  },
};

/** A second notifier, for users of another domain. */
const TWO_NOTIFIERS: Between = {
  first: 'w1',
  nodes: (to, z, notifier) => [
    { ...place, id: 'w1', type: 'function', z, func: 'return msg;', outputs: 1, wires: [[to, 'w2']] },
    { ...notifier, id: 'w2', allowedDomains: 'elsewhere.example', wires: [[], []] },
  ],
};

/** A function that throws at the first message that it gets, but not when that comes again. */
const THROWS: Between = {
  first: 'w1',
  nodes: (to, z) => [
    {
      ...place,
      id: 'w1',
      type: 'function',
      z,
      func: "if (!msg.payload.change.repeat && !context.get('thrown')) { context.set('thrown', true); throw new Error('A mistake.'); } return msg;",
      outputs: 1,
      wires: [[to]],
    },
  ],
};

describeWays('between the access switch and the notifier', () => {
  let world: World;
  afterEach(() => world.close());

  async function open(way: Between | null, delaySeconds: number = 0): Promise<void> {
    world = await World.open({ between: way, delaySeconds });
    for (const alias of ['anna', 'ben', 'carla', 'dora']) world.add(alias);
    await world.start();
  }

  /** The switch has told the flow of so many, repeats too; it may not do so any more. */
  async function told(count: number = 1): Promise<void> {
    const end = Date.now() + 2_000;
    while (world.heard.filter(({ output }) => output === 1).length < count && Date.now() < end) await sleep(5);
  }

  const INTERRUPTIONS = {
    'a deploy': () => world.deploy(),
    'a kill': async () => {
      await world.kill();
      await world.start();
    },
  } as const;

  for (const [name, way] of Object.entries(WAYS)) {
    for (const [what, interrupt] of Object.entries(INTERRUPTIONS)) {
      it(`${name}, with ${what} in the middle: everybody is mailed once`, async () => {
        await open(way);
        await world.press('full sync');
        await told();
        await interrupt();
        await world.settle();
        await checkOutcome(world, { repeats: 1 });
      });
    }
  }

  for (const [what, interrupt] of Object.entries(INTERRUPTIONS)) {
    it(`two notifiers for different domains, with ${what} in the middle: everybody is mailed once`, async () => {
      await open(TWO_NOTIFIERS);
      await world.press('full sync');
      await told();
      await interrupt();
      await world.settle();
      await checkOutcome(world, { repeats: 1 });
    });

    it(`a store that is locked for 3 s when the notifier is told, with ${what} in the middle: everybody is mailed once`, async () => {
      await open(null);
      const locker = new Locker('sqlite', world.storeFile, 3);
      await world.press('full sync');
      await told();
      locker.lock();
      await sleep(500);
      await interrupt();
      await locker.released();
      await world.settle();
      await checkOutcome(world, { repeats: 1 });
    });
  }

  it('a node that throws: whom it lost is mailed after the next deploy', async () => {
    await open(THROWS);
    await world.press('full sync');
    await told(4);
    await sleep(1_000);
    await world.deploy();
    await world.settle();
    await checkOutcome(world);
  });

  for (const [what, interrupt] of Object.entries(INTERRUPTIONS)) {
    // What was told three times in a minute is told again after a minute only.
    (what === 'a kill' ? atLeisure : it)(
      `six times ${what} in a row, each as soon as it has told: everybody is mailed once`,
      async () => {
        await open(null);
        await world.press('full sync');
        for (let times = 1; times <= 6; times += 1) {
          await told(times * 2);
          await interrupt();
        }
        await world.settle();
        await checkOutcome(world, { repeats: 6 });
      },
    );

    atLeisure(`a delay of 90 s, with ${what} after 75 s: everybody is mailed once`, async () => {
      await open(null, 90);
      await world.press('full sync');
      await told(4);
      await sleep(75_000);
      await interrupt();
      await world.settle();
      await checkOutcome(world);
    });
  }
});
