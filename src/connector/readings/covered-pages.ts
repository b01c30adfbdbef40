/**
 * Says of a reading of an MDM what it came to.
 * In: its pages as they come, what the far end says of its list. Out: the same pages, the last one with the coverage; a failure
 * with the coverage of what came before it as its cause. Changes: nothing.
 */
import { asConnectorError, ConnectorError, isConnectorError } from '../../errors.ts';
import { seenOf } from '../../model/check-report.ts';
import { CoverageCount } from '../../model/reading-coverage.ts';
import { coverageWords } from '../../model/coverage.ts';
import type { ReadingCoverage } from '../../model/coverage.ts';
import { eachPage } from '../../model/page-cursor.ts';
import type { MdmRecord } from '../../model/records.ts';
import type { Page } from './page.ts';

/** @param told hears the coverage, of a reading that fails too, before anybody else */
export function withCoverage(
  pages: AsyncIterable<Page<MdmRecord>>,
  told: (coverage: ReadingCoverage) => void,
): AsyncGenerator<Page<MdmRecord>> {
  const count = new CoverageCount();
  const covered = (page: Page<MdmRecord>): Page<MdmRecord> => {
    count.add(page.records, page.list);
    if (!page.last) return page;
    const coverage = count.coverage(true);
    told(coverage);
    return { ...page, coverage };
  };
  return eachPage(pages, covered, (thrown) => {
    if (isConnectorError(thrown, 'ERR_ABORTED')) return thrown;
    const coverage = count.coverage(false);
    told(coverage);
    return failedReading(thrown, coverage);
  });
}

/**
 * The same error, with what came before it as its cause: Node-RED's Catch node shows an error's causes and nothing else of it.
 * Its own cause is behind that.
 */
export function failedReading(thrown: unknown, coverage: ReadingCoverage): ConnectorError {
  const error = asConnectorError(thrown);
  const { code, details, cause } = error;
  const before = new ConnectorError(code, coverageWords(coverage), {
    details: { ...coverage },
    ...(cause === undefined ? {} : { cause }),
  });
  return new ConnectorError(code, seenOf(error), { details, cause: before });
}
