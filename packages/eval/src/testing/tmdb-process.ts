/** Run as a process of its own: brings movies 1 to 12 from `argv[2]` to the folder `argv[3]`, and dies as it keeps the `argv[4]`th. */

import { killAtSync } from "@drum/test-files/kill-at-sync";
import { TMDBClient } from "../index.ts";

const [baseUrl, cache, nth] = process.argv.slice(2) as [string, string, string];
await killAtSync(Number(nth));
const ids = Array.from({ length: 12 }, (_, i) => i + 1);
await new TMDBClient({ baseUrl, cache, apiKey: "key", requestsPerSecond: 1000 }).movies(ids);
