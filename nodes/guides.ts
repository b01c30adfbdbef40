/** What the running notifiers and activation links of a store tell users: for the checklist before an access switch enforces. */
import type { DeployedMails } from '../src/connector/readiness.ts';
import { linkPageOf } from '../src/connector/mails/link-confirmations.ts';
import { READINESS_WORDS } from '../src/connector/sentences/readiness-words.ts';
import type { ReadinessLanguage } from '../src/connector/sentences/readiness-words.ts';
import { helpDeskLine } from '../src/model/help-desk.ts';
import { helpDeskOf } from './help-desk.ts';
import type { Definition, Instance, RED } from './red.ts';
import { runningNodes, textOf } from './red.ts';

type GuideType = 'enrollment-notifier' | 'activation-link';

/** What one of them tells. */
interface Guide {
  readonly store: string;
  readonly type: GuideType;
  /** Null: nobody has named it. */
  readonly name: string | null;
  /** The page that its mails lead to, empty for none; null: it sends no mails. */
  readonly link: string | null;
  readonly hasEnrollmentPage: boolean;
  readonly hasHelpDesk: boolean;
}

const told = new WeakMap<object, Guide>();

/** A notifier or an activation link runs. */
export function tellGuide(node: Instance, type: GuideType, definition: Definition): void {
  told.set(node, {
    store: textOf(definition, 'store'),
    type,
    name: node.name || null,
    link: type === 'enrollment-notifier' ? linkPageOf(textOf(definition, 'linkBase')) : null,
    hasEnrollmentPage: textOf(definition, 'enrollUrl') !== '',
    hasHelpDesk: helpDeskLine(helpDeskOf(definition)) !== null,
  });
}

/** What is told by those of a store, as they run at the moment of asking. @param language in which those without a name are called */
export function mailsOf(RED: RED, store: string, language: ReadinessLanguage): DeployedMails {
  const guides: (Guide & { readonly id: string })[] = [];
  for (const type of ['enrollment-notifier', 'activation-link'] as const)
    for (const { node } of runningNodes(RED, type)) {
      const guide = told.get(node);
      if (guide?.store === store) guides.push({ id: node.id, ...guide });
    }
  const nameOf = ({ name, type }: Guide): string => name ?? READINESS_WORDS[language].nodes[type];
  const notifiers = guides.filter(({ link }) => link !== null);
  return {
    notifiers: notifiers.map((one) => ({ id: one.id, name: nameOf(one) })),
    links: [...new Set(notifiers.map(({ link }) => link ?? ''))],
    guides: guides.map((one) => ({
      name: nameOf(one),
      hasEnrollmentPage: one.hasEnrollmentPage,
      hasHelpDesk: one.hasHelpDesk,
    })),
  };
}
