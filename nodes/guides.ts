/** Running notifiers and activation links, by their store: whom an access switch counts on, and what they tell users, for its checklist. */
import type { DeployedMails } from '../src/connector/readiness.ts';
import { linkPageOf } from '../src/connector/mails/link-confirmations.ts';
import { READINESS_WORDS } from '../src/connector/sentences/readiness-words.ts';
import type { ReadinessLanguage } from '../src/connector/sentences/readiness-words.ts';
import { helpDeskLine } from '../src/model/help-desk.ts';
import { helpDeskOf } from './help-desk.ts';
import { missingIn } from './connections.ts';
import type { Definition, Instance, RED, Running, RunningNode } from './red.ts';
import { runningNodes, textOf } from './red.ts';

type GuideType = 'enrollment-notifier' | 'activation-link';

/** What one of them tells. */
interface Guide {
  /** The page that its mails lead to, empty for none. */
  readonly link: string;
  readonly hasEnrollmentPage: boolean;
  readonly hasHelpDesk: boolean;
}

const told = new WeakMap<object, Guide>();

/** A notifier or an activation link runs. */
export function tellGuide(node: Instance, definition: Definition): void {
  told.set(node, {
    link: linkPageOf(textOf(definition, 'linkBase')),
    hasEnrollmentPage: textOf(definition, 'enrollUrl') !== '',
    hasHelpDesk: helpDeskLine(helpDeskOf(definition)) !== null,
  });
}

/** Notifiers that an access switch counts on, and of them those that have no store, with why. */
interface Notifiers {
  readonly ids: readonly string[];
  readonly storeless: readonly { readonly node: string; readonly name: string; readonly text: string }[];
}

/** Those that run at the moment of asking and belong to a store, or to none (see {@link belonging}). */
export function notifiersOf(RED: RED, store: string): Notifiers {
  const all = belonging(RED, 'enrollment-notifier', store);
  return { ids: all.own.map(({ node }) => node.id), storeless: storelessIn(all) };
}

function storelessIn({ storeless }: Belonging): Notifiers['storeless'] {
  return storeless.map(({ node, text }) => ({ node: node.id, name: node.name || '', text }));
}

/** Nodes of a type that run, by whose they are. */
interface Belonging {
  readonly own: readonly Running[];
  /** Those of `own` that have no store, and why. */
  readonly storeless: readonly (Running & { readonly text: string })[];
  readonly elsewhere: readonly Running[];
}

/*
 *   nodes of a type that run              own                              elsewhere
 *   some with the store                   these                            none: each store has its own
 *   some without any, none with it        these: a person has forgotten    none
 *                                         to choose it, or it is disabled
 *   with other stores only                none                             these
 */
function belonging(RED: RED, type: GuideType, store: string): Belonging {
  const all = runningNodes(RED, type);
  const own = all.filter(({ definition }) => textOf(definition, 'store') === store);
  if (own.length > 0) return { own, storeless: [], elsewhere: [] };
  const storeless = all.flatMap((one) => {
    const error = missingIn(RED, one.definition, 'store', 'connector-store');
    return error === null ? [] : [{ ...one, text: error.message }];
  });
  return { own: storeless, storeless, elsewhere: storeless.length > 0 ? [] : all };
}

/** What is told by those of a store, as they run at the moment of asking. @param language in which those without a name are called */
export function mailsOf(RED: RED, store: string, language: ReadinessLanguage): DeployedMails {
  const nameOf = (node: RunningNode, type: GuideType): string => node.name || READINESS_WORDS[language].nodes[type];
  const guidesOf = (type: GuideType, nodes: readonly Running[]): (Guide & { readonly id: string; name: string })[] =>
    nodes.flatMap(({ node }) => {
      const guide = told.get(node);
      return guide === undefined ? [] : [{ ...guide, id: node.id, name: nameOf(node, type) }];
    });
  const [mailing, pages] = [
    belonging(RED, 'enrollment-notifier', store),
    belonging(RED, 'activation-link', store),
  ] as const;
  const notifiers = guidesOf('enrollment-notifier', mailing.own);
  return {
    notifiers: notifiers.map(({ id, name }) => ({ id, name })),
    storeless: storelessIn(mailing),
    links: [...new Set(notifiers.map(({ link }) => link))],
    guides: [...notifiers, ...guidesOf('activation-link', pages.own)].map(
      ({ name, hasEnrollmentPage, hasHelpDesk }) => ({ name, hasEnrollmentPage, hasHelpDesk }),
    ),
    elsewhere: {
      notifiers: mailing.elsewhere.map(({ node }) => nameOf(node, 'enrollment-notifier')),
      pages: pages.elsewhere.map(({ node }) => nameOf(node, 'activation-link')),
    },
  };
}
