import { eventStoreContract } from '../contract/eventStore.ts';
import { createMemoryStore } from '../support/memoryStore.ts';

eventStoreContract('the log in memory (which other tests rely on)', async () => {
  const store = createMemoryStore();
  return { store, close: store.close };
});
