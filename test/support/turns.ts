/** Counts turns of the event loop, never time: what stands still is seen on any machine. */
import { StatementSync } from 'node:sqlite';
import { setImmediate as turnOfLoop } from 'node:timers/promises';

/** How an act shared the event loop with others. */
export interface Turns {
  /** Turns the loop had while the act was under way. */
  readonly turns: number;
  /** The most steps of the act that came in one turn. */
  readonly stepsInOneTurn: number;
}

/** Resolves when the event loop has had so many turns. */
export async function passTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await turnOfLoop();
}

/** Runs `act`, which calls `step` after each step of its work. */
export async function turnsOf(act: (step: () => void) => Promise<unknown>): Promise<Turns> {
  let turns = 0;
  let steps = 0;
  let most = 0;
  let ends = false;
  const tick = (): void => {
    turns += 1;
    steps = 0;
    if (!ends) setImmediate(tick);
  };
  setImmediate(tick);
  try {
    await act(() => {
      steps += 1;
      most = Math.max(most, steps);
    });
  } finally {
    ends = true;
  }
  return { turns, stepsInOneTurn: most };
}

/**
 * Runs `act` and tells how many rows of SQLite databases were read or written in one turn of the event loop at most: what
 * has run without a pause for longer than that kept everybody else waiting.
 */
export async function rowsInOneTurn(act: () => Promise<unknown>): Promise<number> {
  const originals = { ...Object.getOwnPropertyDescriptors(StatementSync.prototype) };
  const all = originals.all.value as StatementSync['all'];
  const run = originals.run.value as StatementSync['run'];
  const { stepsInOneTurn } = await turnsOf(async (step) => {
    StatementSync.prototype.all = function counted(this: StatementSync, ...values: never[]) {
      const rows = Reflect.apply(all, this, values) as ReturnType<typeof all>;
      for (let i = 0; i < rows.length; i += 1) step();
      return rows;
    };
    StatementSync.prototype.run = function counted(this: StatementSync, ...values: never[]) {
      const result = Reflect.apply(run, this, values) as ReturnType<typeof run>;
      step();
      return result;
    };
    try {
      await act();
    } finally {
      Object.assign(StatementSync.prototype, { all, run });
    }
  });
  return stepsInOneTurn;
}

/**
 * Runs `act` and tells how much CPU its longest turn of the event loop took, in milliseconds: CPU of this thread, so that what
 * else the machine does is not in it.
 */
export async function longestTurn(act: () => Promise<unknown>): Promise<number> {
  const cpu = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let most = 0;
  let last = cpu();
  let ends = false;
  const look = (): void => {
    const now = cpu();
    most = Math.max(most, now - last);
    last = now;
  };
  const tick = (): void => {
    look();
    if (!ends) setImmediate(tick);
  };
  setImmediate(tick);
  try {
    await act();
  } finally {
    ends = true;
    look();
  }
  return most;
}
