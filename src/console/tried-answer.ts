/** What *Try it* says of one device, with words for its codes. Pure. */
import type { TryAnswer } from '../connector/sync/try-device.ts';
import type { RuleLanguage } from '../connector/sentences/in-language.ts';
import { coded } from './words.ts';

/** The answer about one device; `device` is null where the last reading of Exchange does not have it. */
export function triedAnswer({ devices, easReadAt, mdmReadAt, problems }: TryAnswer, language: RuleLanguage = 'en') {
  const [tried] = devices;
  return {
    easReadAt,
    mdmReadAt,
    problems: problems.map(({ code, text }) => ({ code, text })),
    device:
      tried === undefined
        ? null
        : {
            action: coded('decision', tried.action, language),
            rule: { number: tried.ruleNumber, name: tried.rule, sentence: tried.sentence },
            reason: { code: tried.reason.code, text: tried.reason.text },
            match: tried.match,
            evidence: tried.evidence,
            would: { changes: tried.changes, text: tried.would },
          },
  };
}
