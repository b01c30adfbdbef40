import { simulatedExchange } from '../../src/lab/simulated-exchange.ts';
import { exchangeContract } from './exchange-contract.ts';

describe('the simulated Exchange', () => {
  exchangeContract((organization) => Promise.resolve(simulatedExchange(organization)));
});
