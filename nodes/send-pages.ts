/** Sends a sequence as pages that core Split and Join understand: `msg.topic`, `msg.payload`, `msg.parts`, `msg.sync`, `msg.text`. */
import { paceText } from '../src/connector/pace.ts';
import type { FedPage } from '../src/connector/readings/fed-sequence.ts';
import type { Page } from '../src/connector/readings/page.ts';
import type { TakenReading } from '../src/connector/readings/take-reading.ts';
import { pageSentence } from '../src/connector/sentences/page-sentence.ts';
import type { PageContent } from '../src/connector/sentences/page-sentence.ts';
import { PageCursor } from '../src/model/page-cursor.ts';
import type { EasRecord, MdmRecord, SyncInfo } from '../src/model/records.ts';
import { openPageCredit } from './page-credit.ts';
import type { LastingCredit, PageCredit } from './page-credit.ts';
import type { Msg, RED } from './red.ts';
import type { Run } from './on-input.ts';

export interface PageSequence {
  /** The message that started the work; properties that are not ours stay on every page. */
  readonly start: Msg;
  readonly topic: 'eas' | 'mdm' | 'device';
  /** What the pages hold, as `msg.text` calls it. */
  readonly content: PageContent;
  /** What every page's `msg.sync` carries; page, last, total, gone, clock, gaps, view and coverage are filled in. */
  readonly sync: Omit<SyncInfo, 'page' | 'last' | 'total' | 'gone' | 'clock' | 'gaps' | 'view' | 'coverage'> & {
    readonly dryRun?: boolean;
  };
  /** Id of the sequence in `msg.parts`; differs from the sync's id where one sync leads to several sequences. */
  readonly partsId: string;
  /** Number of the first of the pages; 0 unless others have gone before them. */
  readonly first?: number;
  /** Credit of a sequence that goes on after these pages, and is ended by whoever opened it. */
  readonly credit?: PageCredit;
  /** Puts one page message on the right output. */
  readonly emit: (msg: Msg) => (Msg | null)[];
  /** Called with the number of records sent so far. */
  readonly onPage?: (sent: number) => void;
  /** Called once: whoever got the pages is done with all that were sent, or will not say so, or the node is closed. */
  readonly onTaken?: () => void;
}

/** What a message carries beside our own properties, cloned: it goes along, and nodes behind may change theirs. */
export function carriedBy(RED: RED, start: Msg): Msg {
  const { topic: _topic, payload: _payload, parts: _parts, sync: _sync, ...others } = start;
  return RED.util.cloneMessage(others as Msg) as Msg;
}

/** One message of a sequence, with what else the starting message carries. */
function pageMessage(
  RED: RED,
  start: Msg,
  page: { topic: string; payload: readonly unknown[]; parts: NonNullable<Msg['parts']>; sync: SyncInfo; text: string },
): Msg {
  return { ...carriedBy(RED, start), ...page };
}

/**
 * Sends the pages of `source` as they come, the next one when the consumers have taken the earlier ones. A source that
 * fails ends the sequence without a `last` page, and the error goes on to the caller.
 *
 * @returns number of records sent
 */
export async function sendPages<T>(
  RED: RED,
  run: Run,
  source: AsyncIterable<Page<T>> | Iterable<Page<T>>,
  sequence: PageSequence,
): Promise<number> {
  const credit = sequence.credit ?? openPageCredit(RED, sequence.partsId);
  const pages = new PageCursor(source);
  let index = sequence.first ?? 0;
  let sent = 0;
  const send = (page: Page<T>): void => {
    sent += page.records.length;
    const msg = messageOf(RED, sequence, page, { index, sent });
    run.send(sequence.emit(msg) as (Msg | null)[]);
    sequence.onPage?.(sent);
    index += 1;
  };
  try {
    while (await pages.hasNext()) {
      await credit.ready(run.signal);
      send(pages.take());
      await credit.sent();
    }
  } finally {
    await pages.end();
    if (sequence.onTaken === undefined && sequence.credit === undefined) credit.end();
    else if (sequence.onTaken !== undefined) void endWhenTaken(credit, run, sequence.onTaken);
  }
  return sent;
}

/** One page as a message. @param at its number in the sequence, and the records sent with it and before */
function messageOf<T>(
  RED: RED,
  sequence: PageSequence,
  page: Page<T>,
  at: { readonly index: number; readonly sent: number },
): Msg {
  const { index } = at;
  return pageMessage(RED, sequence.start, {
    topic: sequence.topic,
    payload: page.records,
    parts: {
      id: sequence.partsId,
      index,
      type: 'array',
      len: page.records.length,
      ...(page.last ? { count: index + 1 } : {}),
    },
    sync: {
      ...sequence.sync,
      page: index,
      last: page.last,
      ...(page.total === undefined ? {} : { total: page.total }),
      ...(page.gone === undefined ? {} : { gone: page.gone }),
      ...(page.clock === undefined ? {} : { clock: page.clock }),
      ...(page.gaps === undefined ? {} : { gaps: page.gaps }),
      ...(page.view === undefined ? {} : { view: page.view }),
      ...(page.coverage === undefined ? {} : { coverage: page.coverage }),
    },
    text: sentenceOf(sequence, page, at),
  });
}

/** Of pages that go on after others nobody has counted the records of those. */
function sentenceOf(
  { content, sync, first = 0 }: PageSequence,
  { records, last, total, gone, gaps }: Page<unknown>,
  { index, sent }: { readonly index: number; readonly sent: number },
): string {
  return pageSentence({
    content,
    isQuick: sync.kind === 'quick',
    isDryRun: sync.dryRun === true,
    page: index,
    last,
    count: records.length,
    total: total ?? (first === 0 ? sent : null),
    gone,
    gaps,
  });
}

async function endWhenTaken(credit: PageCredit, run: Run, onTaken: () => void): Promise<void> {
  await credit.taken(run.signal);
  credit.end();
  onTaken();
}

/**
 * Sends the pages of a reading, which is under way until they have been taken.
 *
 * @returns number of records sent
 */
export async function sendReading(
  RED: RED,
  run: Run,
  start: Msg,
  { info, pages, expected, end }: TakenReading<EasRecord | MdmRecord>,
): Promise<number> {
  const began = performance.now();
  return sendPages(RED, run, pages, {
    start,
    topic: info.source,
    content: info.source,
    sync: info,
    partsId: info.id,
    emit: (page) => [page],
    onPage: (done) =>
      run.progress(...paceText('reading', { done, total: expected, elapsedMs: performance.now() - began })),
    onTaken: end,
  });
}

/** Sends the pages of a reading that comes by message: those that one message completes, at the pace of whoever takes them. */
export async function sendFedPages(
  RED: RED,
  run: Run,
  start: Msg,
  pages: readonly FedPage<EasRecord | MdmRecord>[],
  of: Required<Pick<SyncInfo, 'source' | 'organization'>> & { readonly credits: LastingCredit },
): Promise<void> {
  const [first] = pages;
  if (first === undefined) return;
  const { source, organization, credits } = of;
  const { id, kind, startedAt, dryRun } = first;
  await sendPages(RED, run, pages, {
    start,
    topic: source,
    content: source,
    sync: { id, source, kind, organization, startedAt, ...(dryRun === undefined ? {} : { dryRun }) },
    partsId: id,
    first: first.page,
    credit: credits.of(id),
    emit: (page) => [page],
  });
  if (pages.at(-1)?.last === true) credits.end();
}
