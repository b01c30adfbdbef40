/** The version, from the one place where it is entered: the newest heading of CHANGELOG.md. */

/** The newest section. */
export interface Section {
  readonly version: string;
  /** ISO 8601 day; null: not released. */
  readonly date: string | null;
  /** Its lines that begin with a hyphen. */
  readonly entries: readonly string[];
}

/**
 * Reads `## 1.2.3, unreleased` or `## 1.2.3, 2026-12-01` and what is below it.
 * @throws Error where the first heading is neither
 */
export function newestSection(changelog: string): Section {
  const [, heading = '', below = ''] = /^## (.+)\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(changelog) ?? [];
  const [, version, date] = /^(\d+\.\d+\.\d+), (unreleased|\d{4}-\d{2}-\d{2})$/.exec(heading) ?? [];
  if (version === undefined || date === undefined)
    throw new Error(
      `CHANGELOG.md begins with "## ${heading}"; expected "## 1.2.3, unreleased" or "## 1.2.3, 2026-12-01".`,
    );
  const entries = below.split('\n').filter((line) => line.startsWith('- '));
  return { version, date: date === 'unreleased' ? null : date, entries };
}
