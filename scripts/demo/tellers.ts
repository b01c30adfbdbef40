/** How the demo is told: line by line, or on a terminal as a table that fills. */
import type { PhoneStep, StepNumber } from '../../src/lab/phones.ts';
import { boardLines } from './board.ts';
import type { Board } from './board.ts';
import { delaysBetween, histogramOf, sentenceOf } from './delays.ts';
import type { Observed } from './observed.ts';
import { Screen } from './screen.ts';
import type { Terminal } from './screen.ts';

/** How the demo ended. */
export interface Ending {
  /** What is not as it must be; none: all is well. */
  readonly complaints: readonly string[];
  readonly tookMs: number;
}

/** Who tells the demo. */
export interface Teller {
  /** One sentence about how far the demo is. */
  progress(sentence: string): void;
  /** A sync begins, when so many phones have nothing more to do. */
  sync(number: number, settled: number): void;
  /** A step of a phone, when it happens first. */
  step(step: PhoneStep): void;
  end(ending: Ending): void;
  /** Gives a terminal back, also when there is no end to tell. */
  close(): void;
}

/** The phones, in the order in which they are told. */
type Phones = readonly Observed[];

/** A line for everything that happens, then a line a phone. @param say takes a line */
export function plainTeller(
  phones: Phones,
  began: number,
  say: (line: string) => void,
  isTimelineOnly: boolean,
): Teller {
  return {
    progress: say,
    sync() {},
    step({ phone, step, at, text }) {
      const seconds = ((Date.parse(at) - began) / 1000).toFixed(1).padStart(5);
      say(`${seconds} s  ${phone.padEnd(20)} ${step}  ${text}`);
    },
    end(ending) {
      if (isTimelineOnly) return;
      for (const line of ['', ...tableOf(phones), ...closingLines(phones, ending)]) say(line);
    },
    close() {},
  };
}

/** A table on the terminal that fills as it happens, and stays when the demo is over. */
export function boardTeller(phones: Phones, began: number, terminal: Terminal): Teller {
  let title = `${phones.length} phones, seven steps`;
  let last = '';
  const board = (isOver: boolean): Board => ({
    title,
    last: isOver ? '' : last,
    phones: phones.map((seen) => ({
      id: seen.story.id,
      steps: Object.fromEntries(
        seen.steps.map(({ step, at }) => [step, Math.max(0, Date.parse(at) - began) / 1000]),
      ) as Partial<Record<StepNumber, number>>,
      state: seen.states.at(-1) ?? null,
      asItMust: isOver ? seen.complaints().length === 0 : null,
    })),
  });
  const screen = new Screen(terminal, (size) => boardLines(board(false), size));
  return {
    progress(sentence) {
      title = sentence;
      screen.changed();
    },
    sync(number, settled) {
      title = `Sync ${number} · ${settled} of ${phones.length} phones have done all they do`;
      screen.changed();
    },
    step({ phone, step, text }) {
      last = `${phone}, step ${step}: ${text}`;
      screen.changed();
    },
    end(ending) {
      screen.close();
      title = `${phones.length} phones, seven steps; seconds since the start`;
      const { columns } = terminal;
      const lines = [
        ...boardLines(board(true), { columns, hasColor: terminal.hasColors() }),
        ...closingLines(phones, ending),
      ];
      terminal.write(`${lines.join('\n')}\n`);
    },
    close: () => screen.close(),
  };
}

function tableOf(phones: Phones): string[] {
  const line = (phone: readonly string[], mails: string, writes: string, states: string): string =>
    `${phone.map((text, at) => text.padEnd([20, 8, 18, 11][at]!)).join(' ')} ${mails.padStart(5)} ${writes.padStart(6)}  ${states}`;
  return [
    line(['phone', 'final', 'reason', 'match'], 'mails', 'writes', 'states'),
    ...phones.map((seen) => {
      const { id, final, reason, match, mails, writes, states } = seen.outcome();
      return line([id, final, reason, match ?? ''], String(mails), String(writes), states.join(' → '));
    }),
  ];
}

function closingLines(phones: Phones, { complaints, tookMs }: Ending): string[] {
  const times = phones.map(({ at }) => at);
  const waits = [
    ['From adding the account to the block', delaysBetween(times, 'added', 'blocked')],
    ['From adding the account to the mail', delaysBetween(times, 'added', 'mailed')],
    ['From enrolling to mail that flows again', delaysBetween(times, 'enrolled', 'allowed')],
  ] as const;
  const seconds = (tookMs / 1000).toFixed(1);
  return [
    '',
    ...waits.flatMap(([what, delays], at) => [
      ...sentenceOf(what, delays),
      // The block is a step on the way to the mail: what people wait for are these two.
      ...(at === 0 ? [] : histogramOf(delays)),
    ]),
    '',
    ...(complaints.length === 0
      ? [`Every phone ended as it must, after ${seconds} s.`]
      : complaints.map((complaint) => `✗ ${complaint}`)),
  ];
}
