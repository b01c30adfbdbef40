/** The simulated organization inside this process, with its phones at work, for configuration nodes of kind "simulated". */
import { Organization } from './organization.ts';
import { WORKFLOW_STORIES } from './phone-stories.ts';
import { Phone } from './phones.ts';

/** The notification account of the simulated organization. */
export const NOTIFICATION_ALIAS = 'connector';

/** A share in the simulation; it ends when the last share is released. */
export interface SimulationShare {
  readonly organization: Organization;
  release(): void;
}

/** How long a simulated person takes between two actions, and how long after the start the first phone acts. */
const PAUSE_MS = 5_000;

/** A person waits this long for the connector to have synced once more. */
const SYNC_PATIENCE_MS = 60_000;

interface Simulation {
  readonly organization: Organization;
  readonly stop: AbortController;
  shares: number;
}

let running: Simulation | null = null;

/** Joins the simulation of this process, starting it if nobody has. */
export function acquireSimulation(): SimulationShare {
  running ??= startSimulation();
  const simulation = running;
  simulation.shares += 1;
  let held = true;
  return {
    organization: simulation.organization,
    release() {
      if (!held) return;
      held = false;
      simulation.shares -= 1;
      if (simulation.shares > 0) return;
      simulation.stop.abort();
      if (running === simulation) running = null;
    },
  };
}

function startSimulation(): Simulation {
  const organization = new Organization();
  const stop = new AbortController();
  organization.addMailbox({ alias: NOTIFICATION_ALIAS, displayName: 'Contoso IT' });
  organization.setMaxListeners(0);
  const world = {
    organization,
    signal: stop.signal,
    fetch: (url: string, init?: RequestInit) => fetch(url, { ...init, signal: stop.signal }),
    pause: () => wait(PAUSE_MS, stop.signal),
    nextSync: () => wait(SYNC_PATIENCE_MS, stop.signal),
    tell: () => undefined,
  };
  for (const story of WORKFLOW_STORIES) {
    const phone = new Phone(story, world);
    phone.moveIn();
    // A phone whose link does not answer gives up, as a person would.
    void story.play(phone).catch(() => undefined);
  }
  return { organization, stop, shares: 0 };
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    // The simulation alone keeps no process alive.
    timer.unref();
    signal.addEventListener('abort', abort, { once: true });
  });
}
