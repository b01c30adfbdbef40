/** What the console asks this access switch: the deployed one, as its dialog asks for the one that is being edited. */
import { tryDevice } from '../../src/connector/sync/try-device.ts';
import type { SwitchSettings } from '../../src/connector/sync/switch-settings.ts';
import type { Definition, Instance, RED } from '../red.ts';
import { refusalOf } from '../red.ts';
import { rulesOf } from '../saved-rules.ts';
import { keepDesk } from '../switch-desk.ts';
import { directoryOf, exchangeOf, storeOf } from './chosen-connections.ts';

/** Lets the console ask. */
export function offerDesk(RED: RED, node: Instance, definition: Definition, settings: SwitchSettings): void {
  keepDesk(node, {
    removesByHand: settings.mode === 'enforce' && settings.removeByHand,
    async tryIt(key, language, signal) {
      const refusal = refusalOf(node);
      if (refusal !== null) throw refusal;
      return tryDevice({
        store: await storeOf(RED, definition),
        exchange: exchangeOf(RED, definition),
        directory: directoryOf(RED, definition),
        settings,
        query: key,
        written: writtenRules(RED, node),
        language,
        now: Date.now,
        signal,
      });
    },
  });
}

/** As the flow file has them, of a node within a subflow its pattern: who may look at devices may not read the environment. */
function writtenRules(
  RED: RED,
  { id, _alias = id }: Instance & { readonly _alias?: string },
): ReturnType<typeof rulesOf> {
  let rules: unknown = [];
  RED.nodes.eachNode((saved) => {
    if (saved.id === _alias) rules = saved['rules'];
  });
  return rulesOf(rules);
}
