// All requests at once, with `Promise.all`: MDN's "Promise.all()" and "Using the Fetch API" do it this way.

import { fetchOne } from "./fetch_one.mjs";
import { serve, timed } from "./worker.mjs";

serve((_concurrency, timeout) => (requests) =>
  Promise.all(requests.map((request, i) => timed(i, () => fetchOne(request, timeout)))));
