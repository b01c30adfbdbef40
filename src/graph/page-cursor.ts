/**
 * Pages one by one, none of which is held on to. A `for await` or `yield*` keeps its last page until it has the next, and V8
 * enlarges its young generation by what each collection of garbage finds alive.
 */
export class PageCursor<Page> {
  readonly #pages: AsyncGenerator<Page, void, undefined>;
  #open: Page | null = null;

  constructor(pages: AsyncGenerator<Page, void, undefined>) {
    this.#pages = pages;
  }

  /** True if there is another page, which is then to be taken. @throws what the pages throw */
  async hasNext(): Promise<boolean> {
    const next = await this.#pages.next();
    if (next.done !== true) this.#open = next.value;
    return next.done !== true;
  }

  take(): Page {
    if (this.#open === null) throw new Error('A page was taken that is not there.');
    const page = this.#open;
    this.#open = null;
    return page;
  }

  /** Nobody wants more. */
  async end(): Promise<void> {
    await this.#pages.return();
  }
}

/** Makes something of each page. @throws what `pages` and `made` throw */
export async function* eachPage<Page, Made>(
  pages: AsyncGenerator<Page, void, undefined>,
  made: (page: Page) => Made | Promise<Made>,
): AsyncGenerator<Awaited<Made>, void, undefined> {
  const cursor = new PageCursor(pages);
  try {
    while (await cursor.hasNext()) yield made(cursor.take());
  } finally {
    await cursor.end();
  }
}
