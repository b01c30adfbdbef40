/** The access switch's properties, as a flow file has them, made typed. */
import type { SwitchSettings } from '../../src/connector/sync/switch-settings.ts';
import type { Definition } from '../red.ts';
import { choiceOf, flagOf, numberOf, optionalNumberOf } from '../red.ts';
import { rulesOf } from '../saved-rules.ts';

/** The settings in a node's definition; every one has a default, so that flows of older versions run. */
export function settingsOf(definition: Definition): SwitchSettings {
  return {
    mode: choiceOf(definition, 'mode', ['simulate', 'enforce'], 'simulate'),
    rules: rulesOf(definition['rules']),
    brakePercent: numberOf(definition, 'brakePercent', 10),
    brakeCount: numberOf(definition, 'brakeCount', 10),
    brakePerDay: optionalNumberOf(definition, 'brakePerDay'),
    adoptEntries: flagOf(definition, 'adoptEntries', false),
    whenMdmAway: choiceOf(definition, 'whenMdmAway', ['leave', 'allow', 'block'], 'leave'),
    startFrom: choiceOf(definition, 'startFrom', ['strict', 'grandfather'], 'strict'),
    grandfatherDays: numberOf(definition, 'grandfatherDays', 30),
    idleDays: numberOf(definition, 'idleDays', 30),
    tidyDays: numberOf(definition, 'tidyDays', 30),
    removeIdleDays: numberOf(definition, 'removeIdleDays', 0),
    removeByHand: flagOf(definition, 'removeByHand', false),
    mailFirst: flagOf(definition, 'mailFirst', true),
  };
}
