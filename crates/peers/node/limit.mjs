// A limited number of requests at once: as many asynchronous functions as there may be requests in flight share one
// iterator, and each takes the next request when it is done with one.
//
// This is what the packages p-limit and p-map do for `Promise.all`, in the few lines that it takes without a package.

import { fetchOne } from "./fetch_one.mjs";
import { serve, timed } from "./worker.mjs";

serve((concurrency, timeout) => async (requests) => {
  const outcomes = new Array(requests.length);
  const rest = requests.entries();
  const lane = async (_, number) => {
    for (const [i, request] of rest) outcomes[i] = await timed(number, () => fetchOne(request, timeout));
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, requests.length) }, lane));
  return outcomes;
});
