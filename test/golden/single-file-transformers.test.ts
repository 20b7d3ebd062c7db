import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";
import { fixture } from "./pictures.ts";
import { transformerFileTensors } from "./transformer-file.ts";

// Oracle: diffusers' from_single_file, by tooling/golden/single_file_transformers.py.

const digests: Record<string, string> = JSON.parse(readFileSync(fixture("single-file-digests.json"), "utf8"));

describe.each(Object.keys(digests))("%s in one file", (kind) => {
	test("is the file that diffusers opened, byte for byte", async () => {
		const sha = createHash("sha256");
		const tensors = Object.entries(await transformerFileTensors(kind)).sort(([a], [b]) => (a < b ? -1 : 1));
		for (const [name, { dims, data }] of tensors) {
			sha.update(`${name} [${dims.join(", ")}]\n`);
			sha.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
		}
		expect(sha.digest("hex")).toBe(digests[kind]);
	});
});
