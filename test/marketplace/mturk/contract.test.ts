import { AssignmentId } from '../../../src/domain/ids.ts';
import { marketplaceContract } from '../../contract/marketplace.ts';
import { fields, startMarket } from '../market.ts';

marketplaceContract('the MTurk adapter on the simulated server', async () => {
  const market = await startMarket();
  return {
    marketplace: market.adapter(),
    fields,
    accept: async (hit, worker) => {
      const assignment = await market.accept(hit, worker);
      return assignment === null ? null : AssignmentId.parse(assignment);
    },
    submit: (assignment, answer) => market.submit(assignment, answer),
    now: market.now,
    pass: market.pass,
    stop: market.stop,
  };
});
