/**
 * Pages one by one, none of which is held on to. A `for await` or `yield*` keeps its last page until it has the next, and V8
 * enlarges its young generation by what each collection of garbage finds alive.
 */

/** Pages that come one after the other, or are there. */
type Pages<Page> = AsyncIterable<Page> | Iterable<Page>;

/** See above. */
export class PageCursor<Page> {
  readonly #pages: AsyncIterator<Page> | Iterator<Page>;
  #open: { readonly page: Page } | null = null;
  #ended = false;

  constructor(pages: Pages<Page>) {
    this.#pages = Symbol.asyncIterator in pages ? pages[Symbol.asyncIterator]() : pages[Symbol.iterator]();
  }

  /** True if there is another page, which is then to be taken. @throws what the pages throw */
  async hasNext(): Promise<boolean> {
    // Pages that fail have ended.
    this.#ended = true;
    const next = await this.#pages.next();
    if (next.done === true) return false;
    this.#ended = false;
    this.#open = { page: next.value };
    return true;
  }

  take(): Page {
    if (this.#open === null) throw new Error('A page was taken that is not there.');
    const { page } = this.#open;
    this.#open = null;
    return page;
  }

  /** Nobody wants more. */
  async end(): Promise<void> {
    if (!this.#ended) await this.#pages.return?.();
  }
}

/**
 * Makes something of each page.
 * @param failed what is thrown in the place of what `pages` or `made` threw
 * @throws what `pages` and `made` throw, or what `failed` made of it
 */
export async function* eachPage<Page, Made>(
  pages: Pages<Page>,
  made: (page: Page) => Made | Promise<Made>,
  failed: (thrown: unknown) => unknown = (thrown) => thrown,
): AsyncGenerator<Awaited<Made>, void, undefined> {
  const cursor = new PageCursor(pages);
  try {
    while (await cursor.hasNext()) yield made(cursor.take());
  } catch (thrown) {
    throw await failed(thrown);
  } finally {
    await cursor.end();
  }
}

/** Takes each page, the next one when that is done. @throws what `pages` and `take` throw */
export async function takePages<Page>(pages: Pages<Page>, take: (page: Page) => void | Promise<void>): Promise<void> {
  const cursor = new PageCursor(pages);
  try {
    while (await cursor.hasNext()) await take(cursor.take());
  } finally {
    await cursor.end();
  }
}
