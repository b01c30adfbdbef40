/** Counts what a reading of an MDM came to, page by page. Pure. */
import { hintOf } from './coverage.ts';
import type { ListFacts, ReadingCoverage } from './coverage.ts';
import { addContent } from './reading-content.ts';
import type { PlatformContent, ReadingContent } from './reading-content.ts';
import type { MdmRecord } from './records.ts';

/** Counts a reading as its pages go out. */
export class CoverageCount {
  #content: ReadingContent = {};
  #pages = 0;
  #list: ListFacts | null = null;

  /** One more page of records. @param list what the far end said so far; absent: it says nothing, and the page is one of its own */
  add(records: readonly MdmRecord[], list?: ListFacts): void {
    this.#content = addContent(this.#content, records);
    this.#pages += 1;
    this.#list = list ?? this.#list;
  }

  /** Of the reading as it is now. @param whole it came to its end */
  coverage(whole: boolean): ReadingCoverage {
    const said = sumOf(this.#content);
    const { pages, rows, duplicates, counted, enrolled } = this.#list ?? {
      pages: this.#pages,
      rows: said.records,
      duplicates: 0,
      counted: null,
    };
    const hint = whole ? hintOf(enrolled, rows) : null;
    return {
      whole,
      pages,
      ...said,
      rows,
      duplicates,
      counted,
      enrolled: enrolled ?? null,
      ...(hint === null ? {} : { hint }),
    };
  }
}

function sumOf(content: ReadingContent): Required<PlatformContent> {
  const sum = { records: 0, easIds: 0, user: 0, compliance: 0, managed: 0 };
  for (const some of Object.values(content)) {
    for (const field of Object.keys(sum) as (keyof typeof sum)[]) sum[field] += some[field] ?? 0;
  }
  return sum;
}
