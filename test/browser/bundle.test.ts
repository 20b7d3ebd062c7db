import { fileURLToPath } from "node:url";
import { pageSize } from "@drum/test-browser";
import { expect, test } from "vitest";

/** Bytes in gzip of all that a page must load but ONNX Runtime: both pipelines, encoders, adapters, hub. */
const MOST = 190_000;

test("a page's way from a history to a picture needs nothing of Node.js, and stays small", async () => {
	expect(await pageSize(fileURLToPath(new URL("whole-way.ts", import.meta.url)))).toBeLessThan(MOST);
});
