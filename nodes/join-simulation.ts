/** The simulated organization for config nodes of kind "simulated". Who does not choose it never loads it. */
import type { CmdletTransport } from '../src/exchange/transport.ts';
import type { GraphTransport } from '../src/graph/graph-transport.ts';
import { simulatedMailer } from '../src/mail/in-process.ts';
import type { Mailer } from '../src/mail/mailer.ts';
import type { Sender } from '../src/mail/message.ts';

/** A share in the simulation. Its far ends are there at once, and answer when the simulation is loaded. */
export interface JoinedSimulation {
  exchange(): CmdletTransport;
  graph(): GraphTransport;
  mailer(sender: Sender): Mailer;
  /** Leaves the simulation; with the last share it ends. */
  release(): Promise<void>;
}

/** Begins to load the simulation, and joins it: its phones are at work as soon as somebody has chosen it. */
export function joinSimulation(): JoinedSimulation {
  const joined = heldBack(
    (async () => {
      const [{ acquireSimulation }, { simulatedExchange }, { simulatedGraph }] = await Promise.all([
        import('../src/lab/simulation.ts'),
        import('../src/lab/simulated-exchange.ts'),
        import('../src/lab/simulated-graph.ts'),
      ]);
      return { ...acquireSimulation(), simulatedExchange, simulatedGraph };
    })(),
  );
  return {
    exchange() {
      const transport = heldBack(joined.then((lab) => lab.simulatedExchange(lab.organization)));
      return {
        kind: 'simulated',
        async *invoke(call, options) {
          yield* (await transport).invoke(call, options);
        },
        close: async () => (await transport).close(),
      };
    },
    graph() {
      const transport = heldBack(joined.then((lab) => lab.simulatedGraph(lab.organization)));
      return {
        kind: 'simulated',
        get: async (request) => (await transport).get(request),
        getMany: async (requests, options) => (await transport).getMany(requests, options),
        close: async () => (await transport).close(),
      };
    },
    mailer: (sender) => simulatedMailer(async (mail) => (await joined).organization.deliver(mail), sender),
    release: async () => (await joined).release(),
  };
}

/** A failure is told to whoever uses it, and to nobody before: an unhandled rejection would end Node-RED. */
function heldBack<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
