/**
 * Lines of a CSV file (RFC 4180) that a spreadsheet opens without running anything. Pure.
 */

/** What a spreadsheet may take for a formula when a cell begins with it; full-width forms are read as the same. */
const FORMULA = /^[\s]*[=+\-@\t\r\n＝＋－＠|]/u;

/*
 *   value                                                     cell
 *   null                                                      empty
 *   number, boolean                                           as it is
 *   text that begins as a formula may, or with a tab or CR    after an apostrophe, as spreadsheets mark text
 *   text with a quote, comma, semicolon or line break         in quotes, each quote doubled
 *   any other text                                            as it is
 */

/** One cell. Foreign text is not run: https://owasp.org/www-community/attacks/CSV_Injection */
export function csvCell(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",;\r\n\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line, with its end. */
export function csvLine(values: readonly (string | number | boolean | null)[]): string {
  return `${values.map(csvCell).join(',')}\r\n`;
}
