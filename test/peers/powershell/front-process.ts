/** A front in a process of its own, so that what it costs is not counted as the client's. Told what to do by messages. */
import { startPowerShellFront } from './front.ts';
import type { FrontOptions } from './front.ts';

/** What the parent may say. */
export type FrontOrder = { readonly start: FrontOptions } | 'measure' | 'close';

/** What it is told. */
export interface FrontAnswer {
  readonly url?: string;
  readonly ca?: string;
  readonly username?: string;
  readonly password?: string;
  /** Seconds of processor time of the engines, null where the system does not tell. */
  readonly engineSeconds?: number | null;
  /** Seconds of processor time of the front itself. */
  readonly frontSeconds?: number;
}

let front: Awaited<ReturnType<typeof startPowerShellFront>> | null = null;

async function obey(order: FrontOrder): Promise<FrontAnswer> {
  if (typeof order === 'object') {
    front = await startPowerShellFront(order.start);
    const { url, ca, username, password } = front;
    return { url, ca, username, password };
  }
  if (order === 'measure') {
    const { user, system } = process.cpuUsage();
    return { engineSeconds: front?.cpuSeconds() ?? null, frontSeconds: (user + system) / 1e6 };
  }
  await front?.close();
  return {};
}

process.on('message', (order: FrontOrder) => {
  void obey(order).then((answer) => {
    process.send?.(answer);
    if (order === 'close') process.disconnect();
  });
});
