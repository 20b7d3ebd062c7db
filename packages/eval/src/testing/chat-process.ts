/**
 * Run as a process of its own: asks the server `argv[2]` about "1" to "6", one after another, records the calls in `argv[3]`, and dies
 * as it brings the `argv[4]`th to the disk.
 */

import { killAtSync } from "@drum/test-files/kill-at-sync";
import { ChatClient } from "../index.ts";

const [baseUrl, recording, nth] = process.argv.slice(2) as [string, string, string];
await killAtSync(Number(nth));
const chat = await ChatClient.open({ baseUrl, recording, apiKey: "key" });
for (let i = 1; i <= 6; i++) await chat.complete([{ role: "user", content: String(i) }]);
