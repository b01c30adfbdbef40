/** Counts what a full reading reads, by its own calls, each for a time. */
import { performance } from 'node:perf_hooks';
import { getCasMailbox, WITH_DEVICES } from '../cmdlets/get-cas-mailbox.ts';
import { getMobileDevice } from '../cmdlets/get-mobile-device.ts';
import { getUser, WITH_MAILBOX } from '../cmdlets/get-user.ts';
import { distinguishedNameKey, mailboxOfDevice } from '../distinguished-name.ts';
import { unlessRefused } from '../cmdlets/unless-refused.ts';
import type { CmdletOptions, CmdletTransport } from '../transport.ts';
import type { Count, Counts } from './judge-size.ts';

interface CountOptions {
  /** How long each kind of object is read for, milliseconds. */
  readonly countMs: number;
  readonly signal?: AbortSignal;
  /** Told how many objects of all kinds were read. */
  readonly tell: (count: number) => void;
}

/** Objects that the server cannot give are counted by themselves: they are no reason not to start. */
export async function countAll(exchange: CmdletTransport, options: CountOptions): Promise<Counts> {
  const { signal } = options;
  let all = 0;
  let unreadable = 0;
  const cmdlets: CmdletOptions = { ...(signal && { signal }), onError: () => void (unreadable += 1) };
  const count = async <T>(objects: AsyncIterable<T>, each: (object: T) => void = () => undefined): Promise<Count> => {
    const began = performance.now();
    let found = 0;
    let ended = true;
    for await (const object of objects) {
      each(object);
      found += 1;
      all += 1;
      if (all % 100 === 0) options.tell(all);
      if (performance.now() - began < options.countMs) continue;
      // Leaving the loop stops the cmdlet.
      ended = false;
      break;
    }
    return { count: found, ms: Math.round(performance.now() - began), ended };
  };
  const mailboxes = await count(getCasMailbox(exchange, { filter: WITH_DEVICES }, cmdlets));
  const users = await unlessRefused(() => count(getUser(exchange, { filter: WITH_MAILBOX }, cmdlets)));
  const owners = new Set<string>();
  const devices = await count(getMobileDevice(exchange, { all: true }, cmdlets), ({ distinguishedName }) => {
    const mailbox = mailboxOfDevice(distinguishedName);
    if (mailbox !== null) owners.add(distinguishedNameKey(mailbox));
  });
  return { users, mailboxes, devices: { ...devices, owners: owners.size }, unreadable };
}
