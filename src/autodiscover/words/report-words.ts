/** What a language must say of a report, beside what its steps say (sayings-en.ts). A new language has its words and its sayings. */
import type { Overall, StepStatus } from '../report.ts';
import type { Verdict } from '../verdicts.ts';

/** The words of one language. */
export interface ReportWords {
  /** Between the mail domain and the overall verdict: "Autodiscover of contoso.com: broken". */
  readonly heading: string;
  /** After their number. */
  readonly domains: string;
  readonly overall: Readonly<Record<Overall, string>>;
  readonly status: Readonly<Record<StepStatus, string>>;
  /** Before a remedy. */
  readonly toDo: string;
  /** A finding in a few words. */
  readonly verdicts: Readonly<Record<Verdict, string>>;
  /** Remedies with the placeholders of VERDICTS; null: as they stand there. */
  readonly remedies: Readonly<Record<Verdict, string>> | null;
}
