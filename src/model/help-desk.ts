/** Whom users ask. Pure. */

/** What an administrator has entered of it; each may be missing. */
export interface HelpDesk {
  /** Its name, or in saved flows all that is to be said. */
  readonly name?: string | undefined;
  readonly phone?: string | undefined;
  /** One plain address. */
  readonly mail?: string | undefined;
  /** An https address. */
  readonly web?: string | undefined;
}

/** On one line, as text; null where nothing was entered. */
export function helpDeskLine({ name, phone, mail, web }: HelpDesk): string | null {
  return [name, phone, mail, web].filter(Boolean).join(', ') || null;
}
