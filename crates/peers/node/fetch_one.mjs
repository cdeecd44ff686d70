// One request with Node's built-in `fetch`, which keeps its connections open by itself.
//
// It follows MDN's "Using the Fetch API": the status is looked at, since `fetch` rejects for no status, the body is
// read as text, and `AbortSignal.timeout` bounds the whole request.

import { check, failure } from "./worker.mjs";

export async function fetchOne(request, timeout) {
  try {
    const response = await fetch(request.url, { redirect: "manual", signal: AbortSignal.timeout(timeout) });
    return check(response.status, await response.text(), request);
  } catch (error) {
    return failure(error);
  }
}
